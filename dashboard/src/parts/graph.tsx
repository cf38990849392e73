// Who needs whom, as a picture: columns by how much stands below, arrows to what is needed.
import { useSignal } from '@preact/signals';
import { status } from '../state/live';
import { nodes, type Node } from '../state/start';
import { t, word } from '../texts';
import { Card } from './basics';

interface Place extends Node {
  x: number;
  y: number;
}

const width = 136;
const height = 30;
const gapX = 38;
const gapY = 14;
const phases = ['core', 'runtime', 'online'] as const;

// Phases beside each other, levels within them; rows are packed from the top.
function arrange(nodes: Node[]): { places: Map<string, Place>; columns: number; rows: number; starts: [string, number][] } {
  const places = new Map<string, Place>();
  const starts: [string, number][] = [];
  let column = 0;
  let most = 0;
  for (const phase of phases) {
    const mine = nodes.filter((node) => node.phase === phase);
    if (mine.length === 0) continue;
    starts.push([phase, column]);
    for (const level of [...new Set(mine.map((node) => node.level))].sort((a, b) => a - b)) {
      const here = mine.filter((node) => node.level === level).sort((a, b) => middle(a, places) - middle(b, places) || a.name.localeCompare(b.name));
      here.forEach((node, row) => places.set(node.name, { ...node, x: column * (width + gapX), y: row * (height + gapY) }));
      most = Math.max(most, here.length);
      column++;
    }
  }
  return { places, columns: column, rows: most, starts };
}

// Near what it needs, so that arrows cross less.
function middle(node: Node, places: Map<string, Place>): number {
  const rows = [...node.needs, ...node.after].map((name) => places.get(name)?.y).filter((y) => y !== undefined);
  return rows.length > 0 ? rows.reduce((a, b) => a + b, 0) / rows.length : 1e6;
}

function reach(start: string, edges: Map<string, string[]>): Set<string> {
  const found = new Set<string>();
  const visit = (name: string) => {
    for (const next of edges.get(name) ?? []) {
      if (found.has(next)) continue;
      found.add(next);
      visit(next);
    }
  };
  visit(start);
  return found;
}

export function Graph() {
  const chosen = useSignal('');
  const { places, columns, rows, starts } = arrange(nodes.value);
  const below = new Map(nodes.value.map((node) => [node.name, [...node.needs, ...node.after]]));
  const above = new Map<string, string[]>();
  for (const node of nodes.value) for (const need of below.get(node.name) ?? []) above.set(need, [...(above.get(need) ?? []), node.name]);
  const related = chosen.value ? new Set([chosen.value, ...reach(chosen.value, below), ...reach(chosen.value, above)]) : null;
  const states = new Map(status.value?.components.map((part) => [part.name, part.state]));
  const choose = (name: string) => (chosen.value = chosen.value === name ? '' : name);
  const size = { w: columns * (width + gapX) - gapX + 8, h: rows * (height + gapY) + 34 };

  return (
    <Card title={t('graph.title')}>
      <p class="hint">{t('graph.help')}</p>
      <div class="graph" role="group" aria-label={t('graph.title')} tabIndex={0}>
        <svg style={{ width: '100%', maxWidth: `${size.w}px`, minWidth: `${Math.round(size.w * 0.65)}px` }} viewBox={`-4 -26 ${size.w} ${size.h}`}>
          <defs>
            <marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
              <path d="M0 0l8 4-8 4z" />
            </marker>
          </defs>
          {starts.map(([phase, column]) => (
            <text key={phase} class="phase" x={column * (width + gapX)} y={-12}>
              {word('phase', phase)}
            </text>
          ))}
          {[...places.values()].flatMap((node) => [
            ...node.needs.map((need) => <Edge key={`${node.name} ${need}`} from={node} to={places.get(need)} soft={false} dim={dim(related, node.name, need)} />),
            ...node.after.map((need) => <Edge key={`${node.name} ${need}`} from={node} to={places.get(need)} soft={true} dim={dim(related, node.name, need)} />),
          ])}
          {[...places.values()].map((node) => (
            <Box key={node.name} node={node} state={states.get(node.name) ?? 'waiting'} dim={related !== null && !related.has(node.name)} chosen={chosen.value === node.name} choose={choose} />
          ))}
        </svg>
      </div>
    </Card>
  );
}

const dim = (related: Set<string> | null, a: string, b: string) => related !== null && !(related.has(a) && related.has(b));

function Edge(props: { from: Place; to: Place | undefined; soft: boolean; dim: boolean }) {
  const { from, to } = props;
  if (!to) return null;
  const x1 = from.x;
  const y1 = from.y + height / 2;
  const x2 = to.x + width;
  const y2 = to.y + height / 2;
  const bend = Math.max(24, (x1 - x2) / 2);
  return <path class={`edge ${props.soft ? 'soft' : ''} ${props.dim ? 'dim' : ''}`} d={`M${x1} ${y1}C${x1 - bend} ${y1} ${x2 + bend} ${y2} ${x2} ${y2}`} marker-end="url(#tip)" />;
}

function Box(props: { node: Place; state: string; dim: boolean; chosen: boolean; choose: (name: string) => void }) {
  const { node } = props;
  const needs = [...node.needs, ...node.after];
  const label = `${node.name}: ${word('part', props.state)}, ${t(node.critical ? 'graph.critical' : 'graph.degradable')}, ${needs.length > 0 ? t('graph.needs', needs.join(', ')) : t('graph.needs.nothing')}`;
  const pressed = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    props.choose(node.name);
  };
  return (
    <g class={`node ${props.state} ${node.critical ? '' : 'optional'} ${props.dim ? 'dim' : ''}`} transform={`translate(${node.x} ${node.y})`} tabIndex={0} role="button" aria-pressed={props.chosen} aria-label={label} onClick={() => props.choose(node.name)} onKeyDown={pressed}>
      <title>{label}</title>
      <rect width={width} height={height} rx={8} />
      <circle cx={14} cy={height / 2} r={4.5} />
      <text x={26} y={height / 2 + 4}>
        {node.name.length > 15 ? node.name.slice(0, 14) + '…' : node.name}
      </text>
    </g>
  );
}
