// Who changed what, when, and the way back.
import { useSignal } from '@preact/signals';
import { get, post } from '../api';
import { Action, Card, ProblemText, useOnce } from '../parts/basics';
import { clock } from '../parts/time';
import { t, word } from '../texts';
import { guild } from './guilds';

interface Entry {
  number: number;
  at: string;
  actor: string;
  actor_name: string;
  what: string;
  subject: string;
  was: string | null;
  became: string | null;
  undoable: boolean;
  undone_by: number | null;
}

export function Audit() {
  const entries = useSignal<Entry[] | null>(null);
  const more = useSignal(false);
  const problem = useSignal<unknown>(null);
  const page = 100;
  const load = async (before?: number) => {
    const from = before === undefined ? '' : `&before=${before}`;
    const answer = await get<{ entries: Entry[] }>(`/api/audit?guild=${encodeURIComponent(guild.value)}${from}`);
    entries.value = [...(before === undefined ? [] : (entries.value ?? [])), ...answer.entries];
    more.value = answer.entries.length === page;
  };
  const undo = async (number: number) => {
    await post('/api/permissions/undo', { guild: guild.value, number });
    await load();
  };
  useOnce(() => load().catch((error) => (problem.value = error)));
  if (!entries.value) {
    return <Card title={t('guilds.audit')}>{problem.value ? <ProblemText problem={problem.value} /> : t('common.loading')}</Card>;
  }
  return (
    <Card title={t('guilds.audit')}>
      {entries.value.length === 0 && <p class="hint">{t('audit.empty')}</p>}
      <ul class="list">
        {entries.value.map((entry) => (
          <li key={entry.number}>
            <span>
              <span class="tag">{entry.number}</span> {word('audit', entry.what.replace(' ', '_'))}
              {entry.subject && <b> {entry.subject.replace('\n', ' · ')}</b>}: {entry.was ?? t('audit.default')} → {entry.became ?? t('audit.default')}
              <br />
              <span class="faint">
                {clock(entry.at)} · {entry.actor_name || entry.actor}
              </span>
            </span>
            {entry.undoable && entry.undone_by === null && <Action run={() => undo(entry.number)}>{t('permissions.undo')}</Action>}
            {entry.undone_by !== null && <span class="tag">{t('audit.undone', entry.undone_by)}</span>}
          </li>
        ))}
      </ul>
      {more.value && <Action run={() => load(entries.value?.at(-1)?.number)}>{t('audit.more')}</Action>}
    </Card>
  );
}
