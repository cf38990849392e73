// How this start went, how earlier ones did, and who needs whom: asked for anew with each boot,
// generation and readiness.
import { computed, effect, signal } from '@preact/signals';
import { get } from '../api';
import { ready, status } from './live';
import { who } from './session';

export interface Entry {
  name: string;
  phase: string;
  entered_ms: number;
  settled_ms: number;
  took_ms: number;
  slack_ms: number | null;
  critical_path: boolean;
}
export interface Timeline {
  generation: number;
  ready_ms: number | null;
  critical_path: string[];
  components: Entry[];
}
export interface Start extends Timeline {
  boot: string;
  at: string;
  outcome: 'ready' | 'failed';
  reason: string;
  version: string;
}
export interface Node {
  name: string;
  phase: 'core' | 'runtime' | 'online';
  level: number;
  critical: boolean;
  needs: string[];
  after: string[];
}

export const timeline = signal<Timeline | null>(null);
export const starts = signal<Start[]>([]);
export const nodes = signal<Node[]>([]);
// Everything a first picture needs is there: so nothing moves afterwards.
export const loaded = signal(false);

const key = computed(() => (who.value === 'somebody' && status.value ? `${status.value.boot} ${status.value.generation} ${ready.value}` : ''));

effect(() => {
  if (key.value) void load();
});

async function load(): Promise<void> {
  const [one, many, graph] = await Promise.all([
    get<Timeline>('/api/runtime/timeline').catch(() => null),
    get<{ starts: Start[] }>('/api/runtime/starts').catch(() => null),
    get<{ components: Node[] }>('/api/runtime/graph').catch(() => null),
  ]);
  if (one) timeline.value = one;
  if (many) starts.value = many.starts;
  if (graph) nodes.value = graph.components;
  loaded.value = true;
}
