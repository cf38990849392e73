// What begins a command in one guild, and whether only the owner is served.
import { useSignal } from '@preact/signals';
import { get, post } from '../api';
import { Action, Card, Field, Notice, ProblemText, useOnce } from '../parts/basics';
import { t } from '../texts';
import { guild } from './guilds';

interface Shown {
  prefixes: string[];
  maintenance: string | null;
}

export function GuildSettings() {
  const shown = useSignal<Shown | null>(null);
  const problem = useSignal<unknown>(null);
  const load = async () => {
    shown.value = await get<Shown>(`/api/guild?guild=${encodeURIComponent(guild.value)}`);
  };
  useOnce(() => load().catch((error) => (problem.value = error)));
  if (!shown.value) {
    return <Card title={t('guilds.settings')}>{problem.value ? <ProblemText problem={problem.value} /> : t('common.loading')}</Card>;
  }
  return (
    <>
      <Prefixes prefixes={shown.value.prefixes} load={load} />
      <Maintenance reason={shown.value.maintenance} load={load} />
    </>
  );
}

function Prefixes({ prefixes, load }: { prefixes: string[]; load: () => Promise<void> }) {
  const fresh = useSignal('');
  const change = async (what: { add: string } | { remove: string } | { prefixes: string[] }) => {
    await post('/api/guild/prefixes', { guild: guild.value, ...what });
    await load();
  };
  return (
    <Card title={t('prefixes.title')}>
      <p class="hint">{t('prefixes.help')}</p>
      <ul class="list">
        {prefixes.map((prefix) => (
          <li key={prefix}>
            <code>{prefix}</code>
            {prefixes.length > 1 && <Action run={() => change({ remove: prefix })}>{t('permissions.remove')}</Action>}
          </li>
        ))}
      </ul>
      <div class="toolbar">
        <Field label={t('prefixes.new')} value={fresh.value} onValue={(value) => (fresh.value = value)} input={{ name: 'prefix', autocomplete: 'off' }} />
        <Action run={() => change({ add: fresh.value }).then(() => void (fresh.value = ''))} disabled={!fresh.value}>
          {t('permissions.add')}
        </Action>
        <Action run={() => change({ prefixes: [] })}>{t('prefixes.reset')}</Action>
      </div>
    </Card>
  );
}

function Maintenance({ reason, load }: { reason: string | null; load: () => Promise<void> }) {
  const words = useSignal('');
  const set = async (value: string | null) => {
    await post('/api/maintenance', { reason: value });
    await load();
  };
  return (
    <Card title={t('maintenance.title')}>
      <p class="hint">{t('maintenance.help')}</p>
      {reason === null ? (
        <div class="toolbar">
          <Field label={t('maintenance.reason')} value={words.value} onValue={(value) => (words.value = value)} input={{ name: 'reason', autocomplete: 'off' }} />
          <Action run={() => set(words.value.trim())} disabled={!words.value.trim()}>
            {t('maintenance.begin')}
          </Action>
        </div>
      ) : (
        <>
          <Notice tone="bad">{t('maintenance.on', reason)}</Notice>
          <Action tone="main" run={() => set(null)}>
            {t('maintenance.end')}
          </Action>
        </>
      )}
    </Card>
  );
}
