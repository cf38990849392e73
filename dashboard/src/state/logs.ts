// The log as it comes in: at most 100,000 lines in the page, filtered without copying them.
import { signal } from '@preact/signals';

export interface LogLine {
  time: string;
  level: 'debug' | 'info' | 'warn' | 'error';
  module: string;
  fact: string;
  [key: string]: unknown;
}

export const limit = 100_000;
// Grows with each change; the lines themselves are no signal, there are too many.
export const version = signal(0);
export const lines: LogLine[] = [];
export const forgotten = signal(0);
export const missed = signal(0);

const waiting: LogLine[] = [];
let scheduled = false;

// Lines are taken into account once a frame, however many arrive; where there are no frames, in a
// window that is not seen, now and then.
export function takeLines(more: LogLine[]): void {
  for (const line of more) waiting.push(line);
  if (scheduled) return;
  scheduled = true;
  if (document.hidden) setTimeout(takeIn, 1000);
  else requestAnimationFrame(takeIn);
}
document.addEventListener('visibilitychange', () => scheduled && takeIn());

function takeIn(): void {
  scheduled = false;
  for (const line of waiting.splice(0)) lines.push(line);
  const over = lines.length - limit;
  // Cut in large steps: moving 100,000 entries for every line would be felt.
  if (over > limit / 10) {
    lines.splice(0, over);
    forgotten.value += over;
  }
  version.value++;
}

export function missedLines(count: number): void {
  missed.value += count;
}

export function clear(): void {
  forgotten.value += lines.length;
  lines.length = 0;
  version.value++;
}

const usual = new Set(['time', 'level', 'module', 'fact']);
export function fieldsOf(line: LogLine): [string, string][] {
  return Object.entries(line)
    .filter(([key]) => !usual.has(key))
    .map(([key, value]) => [key, String(value)]);
}

export function textOf(line: LogLine): string {
  let text = line.fact;
  for (const key in line) if (!usual.has(key)) text += ` ${key}=${String(line[key])}`;
  return text;
}
