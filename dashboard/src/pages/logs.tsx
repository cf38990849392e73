import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { get, put } from '../api';
import { Button, Field, Notice, Select, useOnce } from '../parts/basics';
import { clear, fieldsOf, forgotten, lines, missed, textOf, version, type LogLine } from '../state/logs';
import { t } from '../texts';

const levels = ['debug', 'info', 'warn', 'error'] as const;
const rowHeight = 24;
const beyond = 12; // rows drawn above and below what is seen

interface Filter {
  level: string;
  module: string;
  component: string;
  text: string;
}

function admits(filter: Filter): (line: LogLine) => boolean {
  const least = levels.indexOf(filter.level as (typeof levels)[number]);
  const wanted = filter.text.toLowerCase();
  return (line) =>
    levels.indexOf(line.level) >= least &&
    (!filter.module || line.module === filter.module) &&
    (!filter.component || line['component'] === filter.component) &&
    (!wanted || textOf(line).toLowerCase().includes(wanted) || line.module.includes(wanted));
}

// Indices of the lines that match, continued where it stopped; anew when the filter or the start of
// the list has changed.
class Matches {
  indices: number[] = [];
  modules = new Set<string>();
  components = new Set<string>();
  #looked = 0;
  #gone = 0;
  #filter = '';
  update(filter: Filter, upTo: number): void {
    const key = JSON.stringify(filter);
    if (key !== this.#filter || forgotten.value !== this.#gone || upTo < this.#looked) {
      this.indices = [];
      this.#looked = 0;
      this.#filter = key;
      this.#gone = forgotten.value;
    }
    const admit = admits(filter);
    for (let i = this.#looked; i < upTo; i++) {
      const line = lines[i];
      if (!line) break;
      this.modules.add(line.module);
      if (typeof line['component'] === 'string') this.components.add(line['component']);
      if (admit(line)) this.indices.push(i);
    }
    this.#looked = Math.max(this.#looked, upTo);
  }
}

export function Logs() {
  const filter = useSignal<Filter>({ level: 'debug', module: '', component: '', text: '' });
  const pausedAt = useSignal<number | null>(null);
  const matches = useRef(new Matches()).current;
  const scroll = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const height = useSignal(600);
  const atEnd = useSignal(true);
  const chosen = useSignal<LogLine | null>(null);
  const level = useSignal('');

  useOnce(() => get<{ level: string }>('/api/log/level').then((answer) => (level.value = answer.level), () => undefined));
  const set = (part: Partial<Filter>) => (filter.value = { ...filter.value, ...part });
  // Recomputed with each frame's lines; the indices only grow, so this is cheap.
  const shown = useComputed(() => {
    void version.value;
    matches.update(filter.value, pausedAt.value === null ? lines.length : Math.max(0, pausedAt.value - forgotten.value));
    return { count: matches.indices.length };
  });
  useSignalEffect(() => {
    void shown.value;
    if (!atEnd.peek()) return;
    requestAnimationFrame(() => scroll.current?.scrollTo(0, scroll.current.scrollHeight));
  });
  useEffect(() => {
    const place = scroll.current;
    if (!place) return;
    const watch = new ResizeObserver(() => (height.value = place.clientHeight));
    watch.observe(place);
    return () => watch.disconnect();
  }, []);
  const moved = () => {
    const place = scroll.current;
    if (!place) return;
    top.value = place.scrollTop;
    atEnd.value = place.scrollTop + place.clientHeight >= place.scrollHeight - rowHeight;
  };
  const bottom = () => {
    atEnd.value = true;
    scroll.current?.scrollTo(0, scroll.current.scrollHeight);
  };

  const count = shown.value.count;
  const first = Math.max(0, Math.floor(top.value / rowHeight) - beyond);
  const last = Math.min(count, Math.ceil((top.value + height.value) / rowHeight) + beyond);
  const rows: LogLine[] = [];
  for (let i = first; i < last; i++) {
    const line = lines[matches.indices[i] ?? -1];
    if (line) rows.push(line);
  }
  const fresh = pausedAt.value === null ? 0 : lines.length + forgotten.value - pausedAt.value;
  const choices = (names: Set<string>) => [['', t('logs.any')] as const, ...[...names].sort().map((name) => [name, name] as const)];
  const levelNames = levels.map((name) => [name, t(`logs.level.${name}`)] as const);

  return (
    <div class="page logs-page">
      <h1 class="visually-hidden">{t('logs.title')}</h1>
      <div class="toolbar">
        <Select label={t('logs.level')} value={filter.value.level} options={levelNames} onValue={(value) => set({ level: value })} />
        <Select label={t('logs.module')} value={filter.value.module} options={choices(matches.modules)} onValue={(value) => set({ module: value })} />
        <Select label={t('logs.component')} value={filter.value.component} options={choices(matches.components)} onValue={(value) => set({ component: value })} />
        <Field label={t('logs.text')} value={filter.value.text} onValue={(value) => set({ text: value })} input={{ type: 'search' }} />
        {level.value && (
          <Select
            label={t('logs.written')}
            value={level.value}
            options={levelNames}
            onValue={(value) => {
              level.value = value;
              void put('/api/log/level', { level: value });
            }}
          />
        )}
        <div class="actions">
          <Button onClick={() => (pausedAt.value = pausedAt.value === null ? lines.length + forgotten.value : null)}>{pausedAt.value === null ? t('logs.pause') : t('logs.go_on')}</Button>
          <Button onClick={clear}>{t('logs.clear')}</Button>
          <a class="button plain" href="/api/log/lines" download="orrery-log.jsonl">
            {t('logs.download')}
          </a>
        </div>
      </div>
      {missed.value > 0 && <Notice>{t('logs.missed', missed.value)}</Notice>}
      <div class="log" ref={scroll} onScroll={moved} tabIndex={0} role="region" aria-label={t('logs.lines')}>
        <div class="log-space" style={{ height: `${count * rowHeight}px` }}>
          <div class="log-rows" style={{ transform: `translateY(${first * rowHeight}px)` }}>
            {rows.map((line, i) => (
              <button type="button" key={first + i} class={`log-line ${line.level}`} onClick={() => (chosen.value = line)}>
                <span class="time">{line.time.slice(11, 23)}</span>
                <span class="level">{line.level}</span>
                <span class="module">{line.module}</span>
                <span class="fact">{line.fact}</span>
                <span class="fields">
                  {fieldsOf(line).map(([key, value]) => (
                    <span key={key}>
                      <i>{key}=</i>
                      {value}{' '}
                    </span>
                  ))}
                </span>
              </button>
            ))}
          </div>
        </div>
        {count === 0 && <p class="hint">{t('logs.none')}</p>}
      </div>
      <div class="log-foot">
        <span class="hint">{t('logs.count', count, lines.length)}</span>
        {pausedAt.value !== null && <span class="hint">{t('logs.paused', fresh)}</span>}
        <Button disabled={atEnd.value} onClick={bottom}>
          {t('logs.bottom')}
        </Button>
      </div>
      {chosen.value && <Detail line={chosen.value} close={() => (chosen.value = null)} />}
    </div>
  );
}

function Detail(props: { line: LogLine; close: () => void }) {
  return (
    <aside class="card log-detail" aria-label={props.line.fact}>
      <header class="card-head">
        <h2>{props.line.fact}</h2>
        <Button onClick={props.close}>{t('logs.close')}</Button>
      </header>
      <dl>
        {Object.entries(props.line).map(([key, value]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{String(value)}</dd>
          </div>
        ))}
      </dl>
    </aside>
  );
}
