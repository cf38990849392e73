import { useComputed, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { post } from '../api';
import { Action, Card } from '../parts/basics';
import { Chart } from '../parts/chart';
import { FailureCard } from '../parts/failure';
import { Graph } from '../parts/graph';
import { stateWord, tone } from '../parts/shell';
import { clock, duration } from '../parts/time';
import { Waterfall } from '../parts/waterfall';
import { numbers, status, type Numbers } from '../state/live';
import { loaded } from '../state/start';
import { t } from '../texts';

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

// Between two samples, as so many a minute; nothing across a restart.
function perMinute(all: Numbers[]): (number | null)[] {
  return all.map((one, i) => {
    const before = all[i - 1];
    if (!before || one.handled < before.handled) return i === 0 ? 0 : null;
    return ((one.handled - before.handled) * 60_000) / (one.at - before.at);
  });
}

function Tile(props: { label: string; value: string; hint?: string }) {
  return (
    <div class="tile">
      <dt>{props.label}</dt>
      <dd>{props.value}</dd>
      <dd class="hint">{props.hint ?? ' '}</dd>
    </div>
  );
}

function Tiles() {
  const now = status.value;
  const tick = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => (tick.value = Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  if (!now) return null;
  const last = numbers.value.at(-1);
  const before = numbers.value.at(-2);
  const cpu = last && before && last.cpu_seconds >= before.cpu_seconds ? ((last.cpu_seconds - before.cpu_seconds) * 100_000) / (last.at - before.at) : 0;
  const rate = perMinute(numbers.value).at(-1) ?? 0;
  const readyAfter = now.ready_time ? Date.parse(now.ready_time) - Date.parse(now.start_time) : null;
  return (
    <dl class="tiles">
      <Tile label={t('overview.uptime')} value={duration(Math.max(0, tick.value - Date.parse(now.start_time)))} hint={t('overview.uptime.since', clock(now.start_time))} />
      <Tile label={t('overview.ready_after')} value={readyAfter === null || now.generation > 1 ? '–' : duration(readyAfter)} hint={t('overview.generation', now.generation)} />
      <Tile label={t('overview.memory')} value={last ? megabytes(last.memory_bytes) : '–'} hint={t('overview.cpu', cpu.toFixed(1))} />
      <Tile label={t('overview.messages')} value={rate.toFixed(0)} hint={t('overview.messages.total', last?.handled ?? 0)} />
    </dl>
  );
}

function Condition() {
  const now = status.value;
  if (!now) return <Card class="condition">{t('common.loading')}</Card>;
  const sure = { runtime: t('overview.restart_runtime.sure'), program: t('overview.restart_in_place.sure'), stop: t('overview.shutdown.sure') };
  return (
    <Card class={`condition ${tone()}`}>
      <div class="condition-head">
        <h1>{stateWord()}</h1>
        <div class="actions">
          <Action run={() => post('/api/runtime/restart?wait=120')} sure={sure.runtime} tone="plain" disabled={!now.ready}>
            {t('overview.restart_runtime')}
          </Action>
          <Action run={() => post('/api/runtime/restart', { in_place: true })} sure={sure.program} tone="plain">
            {t('overview.restart_in_place')}
          </Action>
          <Action run={() => post('/api/runtime/shutdown')} sure={sure.stop} tone="danger">
            {t('overview.shutdown')}
          </Action>
        </div>
      </div>
      <p class="hint reserve">{now.waiting_on.length > 0 ? t('overview.waiting_on', now.waiting_on.join(', ')) : ' '}</p>
      {now.safe_mode && <p class="hint">{t('overview.safe_mode')}</p>}
      {now.survivors.length > 0 && <p class="hint bad">{t('overview.survivors', now.survivors.join(', '))}</p>}
      {now.degraded.length > 0 && (
        <>
          <h2>{t('overview.degraded')}</h2>
          <ul>
            {now.degraded.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </>
      )}
      <Tiles />
    </Card>
  );
}

export function Overview() {
  const times = useComputed(() => numbers.value.map((one) => one.at / 1000));
  const memory = useComputed(() => numbers.value.map((one) => one.memory_bytes / 1e6));
  const messages = useComputed(() => perMinute(numbers.value));
  if (!status.value || !loaded.value) return <p class="first-words">{t('common.loading')}</p>;
  return (
    <div class="page">
      <FailureCard />
      <Condition />
      <Waterfall />
      <Graph />
      <Card title={t('overview.last_hour')}>
        <div class="charts">
          <figure>
            <figcaption>{t('overview.memory')}</figcaption>
            <Chart label={t('overview.memory')} times={times} values={memory} unit={(value) => `${Math.round(value)} MB`} />
          </figure>
          <figure>
            <figcaption>{t('overview.messages')}</figcaption>
            <Chart label={t('overview.messages')} times={times} values={messages} unit={(value) => value.toFixed(0)} />
          </figure>
        </div>
      </Card>
    </div>
  );
}
