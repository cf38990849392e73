// The start as a picture: who worked when, who waited, and what decided how long it took.
//
// Readable for five components and for three hundred: beyond forty it shows what mattered, with all
// of them at a glance above.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { arrivedAt, status, type Part, type Status } from '../state/live';
import { starts, timeline, type Start, type Timeline } from '../state/start';
import { t, word } from '../texts';
import { Button, Card, Field, Select } from './basics';
import { clock, duration } from './time';

interface Row {
  part: Part;
  from: number; // ms from the origin
  to: number;
  slack: number | null;
  path: boolean;
  ghost: { from: number; to: number } | null;
}

const few = 40;
const shownOfMany = 28;

// A later generation is drawn from where it began: the core has been there all the time.
function originOf(now: Status): number {
  if (now.generation <= 1) return 0;
  const entered = now.components.filter((part) => part.phase !== 'core' && part.entered_ms !== null).map((part) => part.entered_ms ?? 0);
  return entered.length > 0 ? Math.min(...entered) : 0;
}

function originOfStart(start: Start): number {
  if (start.generation <= 1) return 0;
  const entered = start.components.filter((entry) => entry.phase !== 'core').map((entry) => entry.entered_ms);
  return entered.length > 0 ? Math.min(...entered) : 0;
}

function rowsOf(now: Status, elapsed: number, timeline: Timeline | null, other: Start | null): Row[] {
  const origin = originOf(now);
  const known = new Map(timeline?.generation === now.generation ? timeline.components.map((entry) => [entry.name, entry]) : []);
  const before = new Map(other?.components.map((entry) => [entry.name, entry]));
  const shift = other ? originOfStart(other) : 0;
  return now.components
    .filter((part) => now.generation <= 1 || part.phase !== 'core')
    .map((part) => {
      const entered = part.entered_ms === null ? null : part.entered_ms - origin;
      const entry = known.get(part.name);
      const ghost = before.get(part.name);
      return {
        part,
        from: entered ?? 0,
        to: entered === null ? 0 : part.took_ms !== null ? entered + part.took_ms : Math.max(entered, now.now_ms + elapsed - origin),
        slack: entry?.slack_ms ?? null,
        path: entry?.critical_path ?? false,
        ghost: ghost ? { from: ghost.entered_ms - shift, to: ghost.settled_ms - shift } : null,
      };
    });
}

const order = { core: 0, runtime: 1, online: 2 };
const byTime = (a: Row, b: Row) => order[a.part.phase] - order[b.part.phase] || a.from - b.from || a.part.name.localeCompare(b.part.name);
const troubled = (row: Row) => row.part.state === 'failed' || row.part.state === 'starting' || row.part.slow || row.part.degraded !== null;

function whatMattered(rows: Row[]): Row[] {
  const chosen = new Set(rows.filter((row) => row.path || troubled(row)));
  for (const row of [...rows].sort((a, b) => b.to - b.from - (a.to - a.from))) {
    if (chosen.size >= shownOfMany) break;
    chosen.add(row);
  }
  return rows.filter((row) => chosen.has(row));
}

export function Waterfall() {
  const other = useSignal('');
  const all = useSignal(false);
  const filter = useSignal('');
  const elapsed = useSignal(0);

  // What is under way grows while one looks.
  useEffect(() => {
    const timer = setInterval(() => {
      const busy = status.value?.components.some((part) => part.state === 'starting');
      elapsed.value = busy ? performance.now() - arrivedAt.value : 0;
    }, 100);
    return () => clearInterval(timer);
  }, []);

  const now = status.value;
  if (!now) return <Card title={t('start.title')}>{t('common.loading')}</Card>;
  const compared = starts.value.find((start) => `${start.boot} ${start.generation}` === other.value) ?? null;
  const rows = rowsOf(now, elapsed.value, timeline.value, compared).sort(byTime);
  const many = rows.length > few;
  const wanted = filter.value.trim().toLowerCase();
  const matching = wanted ? rows.filter((row) => row.part.name.toLowerCase().includes(wanted)) : rows;
  const shown = many && !all.value && !wanted ? whatMattered(matching) : matching;
  const end = Math.max(1, ...rows.map((row) => Math.max(row.to, row.ghost?.to ?? 0)));
  const earlier = starts.value.filter((start) => start.boot !== now.boot || start.generation !== now.generation).reverse();

  return (
    <Card
      title={now.ready ? t('start.title') : t('start.title.live')}
      class="waterfall-card"
      actions={
        <a class="button plain" href="/api/runtime/timeline?format=trace" download="orrery-start.json">
          {t('start.trace')}
        </a>
      }
    >
      <div class="toolbar">
        {earlier.length > 0 && (
          <Select
            label={t('start.compare')}
            value={other.value}
            onValue={(value) => (other.value = value)}
            options={[['', t('start.compare.none')], ...earlier.map((start) => [`${start.boot} ${start.generation}`, describe(start)] as const)]}
          />
        )}
        {many && <Field label={t('start.filter')} value={filter.value} onValue={(value) => (filter.value = value)} input={{ type: 'search' }} />}
        {many && !wanted && <Button onClick={() => (all.value = !all.value)}>{all.value ? t('start.show_few') : t('start.show_all', rows.length)}</Button>}
        <Legend compared={compared !== null} />
      </div>
      {compared && <Comparison compared={compared} timeline={timeline.value} origin={originOf(now)} />}
      {many && <Glance rows={rows} end={end} />}
      <Scale end={end} />
      <ol class="waterfall" aria-label={t('start.caption')}>
        {shown.map((row, i) => (
          <Bar key={row.part.name} row={row} end={end} first={shown[i - 1]?.part.phase !== row.part.phase} />
        ))}
      </ol>
      {shown.length === 0 && <p class="hint">{t('start.nothing')}</p>}
    </Card>
  );
}

const describe = (start: Start) => `${clock(start.at)} · ${t(`start.outcome.${start.outcome}`)}${start.ready_ms === null ? '' : ` · ${duration(start.ready_ms - originOfStart(start))}`}`;

function Comparison(props: { compared: Start; timeline: Timeline | null; origin: number }) {
  const mine = props.timeline?.ready_ms;
  const theirs = props.compared.ready_ms;
  if (mine === undefined || mine === null || theirs === null) return <p class="hint">{props.compared.reason}</p>;
  const difference = mine - props.origin - (theirs - originOfStart(props.compared));
  return <p class="hint">{difference < 0 ? t('start.faster', (-difference).toFixed(1)) : t('start.slower', difference.toFixed(1))}</p>;
}

function Legend(props: { compared: boolean }) {
  return (
    <p class="legend" aria-hidden="true">
      <span class="swatch path" /> {t('start.critical')}
      <span class="swatch slack" /> {t('start.slack')}
      {props.compared && (
        <>
          <span class="swatch ghost" /> {t('start.earlier')}
        </>
      )}
    </p>
  );
}

function Scale(props: { end: number }) {
  const step = niceStep(props.end / 5);
  const marks: number[] = [];
  for (let at = 0; at <= props.end; at += step) marks.push(at);
  return (
    <div class="scale" aria-hidden="true">
      <div class="marks">
        {marks.map((at) => (
          <span key={at} style={{ left: `${(at / props.end) * 100}%` }}>
            {duration(at)}
          </span>
        ))}
      </div>
    </div>
  );
}

function niceStep(rough: number): number {
  const size = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * size).find((step) => step >= rough) ?? 10 * size;
}

function spoken(row: Row): string {
  const { part } = row;
  const took = part.took_ms === null ? '' : t('start.took', part.took_ms.toFixed(1));
  const slack = row.slack === null ? '' : t('start.slack.of', row.slack.toFixed(1));
  return [word('part', part.state), took, row.path ? t('start.critical') : '', slack, part.reason ?? ''].filter(Boolean).join(', ');
}

function Bar(props: { row: Row; end: number; first: boolean }) {
  const { row, end } = props;
  const { part } = row;
  const percent = (value: number) => `${Math.max(0, (value / end) * 100)}%`;
  const slackTo = row.slack === null ? null : Math.min(end, row.to + row.slack);
  // Beside whatever is drawn, on the side where there is room.
  const after = Math.max(row.to, slackTo ?? 0, row.ghost?.to ?? 0);
  return (
    <li class={`row ${part.state} ${row.path ? 'on-path' : ''} ${part.slow ? 'slow' : ''}`} title={spoken(row)} data-name={part.name}>
      <span class="phase">{props.first ? word('phase', part.phase) : ''}</span>
      <span class="name">{part.name}</span>
      <span class="track">
        {row.ghost && <span class="ghost" style={{ left: percent(row.ghost.from), width: percent(row.ghost.to - row.ghost.from) }} />}
        {slackTo !== null && slackTo > row.to && <span class="slack" style={{ left: percent(row.to), width: percent(slackTo - row.to) }} />}
        {part.entered_ms !== null && <span class="bar" style={{ left: percent(row.from), width: percent(row.to - row.from) }} />}
        <span class="said" style={after / end > 0.6 ? { right: percent(end - Math.min(row.from, row.ghost?.from ?? row.from)) } : { left: percent(after) }}>
          {part.state === 'started' ? duration(row.to - row.from) : (part.reason ?? word('part', part.state))}
        </span>
      </span>
      <span class="visually-hidden">{spoken(row)}</span>
    </li>
  );
}

// Each component one thin line, in the same order.
function Glance(props: { rows: Row[]; end: number }) {
  const height = props.rows.length * 3;
  return (
    <svg class="glance" viewBox={`0 0 1000 ${height}`} preserveAspectRatio="none" role="img" aria-label={t('start.map', props.rows.length)}>
      {props.rows.map((row, i) => (
        <rect key={row.part.name} class={`${row.part.state} ${row.path ? 'on-path' : ''}`} x={(row.from / props.end) * 1000} y={i * 3} width={Math.max(2, ((row.to - row.from) / props.end) * 1000)} height={2.4} />
      ))}
    </svg>
  );
}
