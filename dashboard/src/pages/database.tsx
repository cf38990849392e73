// The database: which, how it is, its migrations, and copies to make and to put back.
import { useSignal } from '@preact/signals';
import { get, post } from '../api';
import { Action, Card, Notice, ProblemText, useOnce } from '../parts/basics';
import { clock } from '../parts/time';
import { t } from '../texts';

interface Shown {
  database: string;
  problem: string | null;
  remedy: string | null;
  version?: number;
  newest?: number;
  bytes?: number;
  migrations?: { number: number; name: string; applied: boolean }[];
  backups: { file: string; bytes: number; made: string; automatic: boolean }[];
}
interface Difference {
  fault: boolean;
  what: string;
  remedy: string;
}

const size = (bytes: number) => (bytes < 10_000 ? `${bytes} B` : bytes < 10_000_000 ? `${Math.round(bytes / 1000)} kB` : `${Math.round(bytes / 1_000_000)} MB`);

export function Database() {
  const shown = useSignal<Shown | null>(null);
  const problem = useSignal<unknown>(null);
  const load = async () => {
    shown.value = await get<Shown>('/api/database');
  };
  useOnce(() => load().catch((error) => (problem.value = error)));
  const now = shown.value;
  if (!now) return <Card title={t('database.title')}>{problem.value ? <ProblemText problem={problem.value} /> : t('common.loading')}</Card>;
  return (
    <div class="page">
      <h1 class="visually-hidden">{t('database.title')}</h1>
      <Card title={t('database.title')}>
        {now.problem && (
          <Notice tone="bad">
            {now.problem} {now.remedy}
          </Notice>
        )}
        <dl class="facts">
          <div>
            <dt>{t('database.which')}</dt>
            <dd>{now.database}</dd>
          </div>
          {now.bytes !== undefined && (
            <div>
              <dt>{t('database.size')}</dt>
              <dd>{size(now.bytes)}</dd>
            </div>
          )}
          {now.version !== undefined && (
            <div>
              <dt>{t('database.version')}</dt>
              <dd>{t('database.version.of', now.version, now.newest ?? 0)}</dd>
            </div>
          )}
        </dl>
      </Card>
      <Backups shown={now} load={load} />
      <Validation />
      {now.migrations && <Migrations list={now.migrations} />}
    </div>
  );
}

function Backups({ shown, load }: { shown: Shown; load: () => Promise<void> }) {
  const said = useSignal('');
  const make = async () => {
    said.value = t('database.backup.made', (await post<{ file: string }>('/api/database/backup')).file);
    await load();
  };
  const restore = async (file: string) => {
    const done = await post<{ before: string }>('/api/database/restore', { file });
    said.value = t('database.restored', file, done.before);
    await load();
  };
  return (
    <Card
      title={t('database.backups')}
      actions={
        <Action tone="main" run={make}>
          {t('database.backup')}
        </Action>
      }
    >
      <p class="hint">{t('database.backups.help')}</p>
      {said.value && <Notice tone="good">{said.value}</Notice>}
      {shown.backups.length === 0 && <p class="hint">{t('database.backups.none')}</p>}
      <ul class="list">
        {shown.backups.map((one) => (
          <li key={one.file}>
            <span>
              <b>{one.file}</b> {one.automatic && <span class="tag">{t('database.automatic')}</span>}
              <br />
              <span class="faint">
                {clock(one.made)} · {size(one.bytes)}
              </span>
            </span>
            <Action tone="danger" sure={t('database.restore.sure', one.file)} run={() => restore(one.file)}>
              {t('database.restore')}
            </Action>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Validation() {
  const found = useSignal<Difference[] | null>(null);
  const check = async () => {
    found.value = (await get<{ differences: Difference[] }>('/api/database/differences')).differences;
  };
  return (
    <Card title={t('database.validate')} actions={<Action run={check}>{t('database.validate.go')}</Action>}>
      <p class="hint">{t('database.validate.help')}</p>
      {found.value?.length === 0 && <Notice tone="good">{t('database.valid')}</Notice>}
      <ul class="list">
        {found.value?.map((one) => (
          <li key={one.what}>
            <span>
              <span class="tag">{t(one.fault ? 'database.fault' : 'database.note')}</span> {one.what}
              <br />
              <span class="faint">{one.remedy}</span>
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Migrations({ list }: { list: NonNullable<Shown['migrations']> }) {
  return (
    <Card title={t('database.migrations')}>
      <ul class="list">
        {list.map((one) => (
          <li key={one.number}>
            <span>
              <span class="tag">{one.number}</span> {one.name}
            </span>
            <span class="faint">{t(one.applied ? 'database.applied' : 'database.pending')}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
