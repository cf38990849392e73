// The program's condition as it changes: one event stream, kept open through restarts.
import { computed, signal } from '@preact/signals';
import { get } from '../api';
import { takeLines, missedLines, type LogLine } from './logs';
import { lookWho, who } from './session';

export type PartState = 'waiting' | 'starting' | 'started' | 'failed' | 'skipped' | 'draining' | 'stopping' | 'stopped';

export interface Part {
  name: string;
  phase: 'core' | 'runtime' | 'online';
  state: PartState;
  critical: boolean;
  entered_ms: number | null;
  started_ms: number | null;
  took_ms: number | null;
  slow: boolean;
  degraded: string | null;
  incarnation: number;
  reason: string | null;
  remedy: string | null;
}

export interface Status {
  state: string;
  phase_state: string;
  ready: boolean;
  failed: boolean;
  failure_message: string | null;
  failure_remedy: string | null;
  generation: number;
  since: string;
  start_time: string;
  ready_time: string | null;
  now_ms: number;
  boot: string;
  restarts: number;
  fell_back: string | null;
  version: string;
  safe_mode: boolean;
  stop_requested: boolean;
  degraded: string[];
  waiting_on: string[];
  survivors: string[];
  components: Part[];
}

export interface Numbers {
  at: number;
  memory_bytes: number;
  cpu_seconds: number;
  handled: number;
}

export type Connection = 'connecting' | 'open' | 'restarting' | 'stopped' | 'lost';

export const status = signal<Status | null>(null);
export const connection = signal<Connection>('connecting');
export const numbers = signal<Numbers[]>([]);
// What happened to the connection, for people: "Back after 62 ms: restarted in place."
export const notice = signal('');
// When the status arrived, on the page's own clock: what is under way goes on from there.
export const arrivedAt = signal(performance.now());

export const ready = computed(() => status.value?.ready ?? false);
export const failed = computed(() => status.value?.failed ?? false);

const hour = 3600 / 5;
let source: EventSource | null = null;
let lostAt = 0;
let expected = false;
let patience = 250;
let lastLogId = '';

export function follow(): void {
  source?.close();
  source = new EventSource('/api/runtime/events?topics=status,numbers,log' + (lastLogId ? '&after=' + encodeURIComponent(lastLogId) : ''));
  source.addEventListener('open', opened);
  source.addEventListener('error', broken);
  source.addEventListener('status', (event) => takeStatus(JSON.parse(event.data) as Status));
  source.addEventListener('numbers', (event) => (numbers.value = [...numbers.value, JSON.parse(event.data) as Numbers].slice(-hour)));
  source.addEventListener('log', (event) => {
    lastLogId = event.lastEventId;
    takeLines(JSON.parse(event.data) as LogLine[]);
  });
  source.addEventListener('gap', (event) => missedLines((JSON.parse(event.data) as { missed: number }).missed));
  source.addEventListener('bye', (event) => leaving((JSON.parse(event.data) as { reason: string }).reason));
}

export function stopFollowing(): void {
  source?.close();
  source = null;
}

function opened(): void {
  connection.value = 'open';
  patience = 250;
  void get<{ numbers: Numbers[] }>('/api/runtime/numbers')
    .then((answer) => (numbers.value = answer.numbers))
    .catch(() => undefined);
}

function leaving(reason: string): void {
  lostAt = performance.now();
  expected = true;
  connection.value = reason === 'restart' ? 'restarting' : 'stopped';
  // Do not wait for the browser to notice: the new program accepts already.
  again(20);
}

function broken(): void {
  if (!expected) lostAt ||= performance.now();
  if (connection.value === 'open' || connection.value === 'connecting') connection.value = 'lost';
  again(patience);
  patience = Math.min(patience * 2, 4000);
}

let pending = 0;
function again(delay: number): void {
  source?.close();
  clearTimeout(pending);
  pending = window.setTimeout(() => void reconnect(), delay);
}

async function reconnect(): Promise<void> {
  try {
    await lookWho();
    if (who.value === 'somebody') follow();
  } catch {
    broken();
  }
}

function takeStatus(next: Status): void {
  const before = status.value;
  arrivedAt.value = performance.now();
  status.value = next;
  if (before && before.boot !== next.boot) cameBack(next);
  else if (lostAt) notice.value = '';
  lostAt = 0;
  expected = false;
}

function cameBack(next: Status): void {
  const after = Math.round(performance.now() - lostAt);
  notice.value = next.fell_back ? 'fell_back' : `back ${after}`;
  // Another version brings another page with it.
  if (next.version !== VERSION) location.reload();
}
