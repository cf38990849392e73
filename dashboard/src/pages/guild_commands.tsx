// Every command, as it was declared: how it is called, what it takes, and what limits it.
import { useSignal } from '@preact/signals';
import { get } from '../api';
import { Card, Field, ProblemText, useOnce } from '../parts/basics';
import { duration } from '../parts/time';
import { t } from '../texts';

interface Command {
  path: string;
  usage: string;
  summary: string;
  details: string;
  category: string;
  access: 'open' | 'ranked' | 'owner';
  group: boolean;
  aliases: string[];
  examples: string[];
  platforms: string[];
  parameters: { name: string; kind: string; help: string; required: boolean }[];
  flags: { name: string; help: string; takes: string | null }[];
  cooldown?: { per: string; uses: number; within_ms: number };
  concurrency?: { per: string; most: number };
}

export function Commands() {
  const commands = useSignal<Command[] | null>(null);
  const problem = useSignal<unknown>(null);
  const search = useSignal('');
  useOnce(() =>
    get<{ commands: Command[] }>('/api/commands').then(
      (answer) => (commands.value = answer.commands),
      (error) => (problem.value = error),
    ),
  );
  if (!commands.value) {
    return <Card title={t('guilds.commands')}>{problem.value ? <ProblemText problem={problem.value} /> : t('common.loading')}</Card>;
  }
  const wanted = search.value.trim().toLowerCase();
  const shown = commands.value.filter((command) => `${command.path} ${command.aliases.join(' ')} ${command.summary}`.toLowerCase().includes(wanted));
  return (
    <Card title={t('guilds.commands')}>
      <div class="toolbar">
        <Field label={t('commands.search')} value={search.value} onValue={(value) => (search.value = value)} input={{ type: 'search', name: 'search' }} />
      </div>
      <ul class="list commands">
        {shown.map((command) => (
          <li key={command.path}>
            <One command={command} />
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p class="hint">{t('commands.none')}</p>}
    </Card>
  );
}

function One({ command }: { command: Command }) {
  const limits = [
    command.cooldown && t('commands.cooldown', command.cooldown.uses, duration(command.cooldown.within_ms), command.cooldown.per),
    command.concurrency && t('commands.concurrency', command.concurrency.most, command.concurrency.per),
    command.platforms.length > 0 && t('commands.platforms', command.platforms.join(', ')),
  ].filter((text): text is string => Boolean(text));
  return (
    <div>
      <p>
        <code>{command.usage}</code> <span class="tag">{t(`commands.access.${command.access}`)}</span>
        {command.aliases.map((alias) => (
          <span key={alias} class="tag">
            {alias}
          </span>
        ))}
      </p>
      <p class="faint">
        {command.summary} {command.details}
      </p>
      {(command.parameters.length > 0 || command.flags.length > 0) && (
        <dl class="facts">
          {command.parameters.map((p) => (
            <div key={p.name}>
              <dt>
                {p.name}
                {p.required ? '' : ` (${t('commands.optional')})`}
              </dt>
              <dd>{p.help || p.kind}</dd>
            </div>
          ))}
          {command.flags.map((flag) => (
            <div key={flag.name}>
              <dt>--{flag.name}</dt>
              <dd>{flag.help || flag.takes}</dd>
            </div>
          ))}
        </dl>
      )}
      {limits.map((text) => (
        <p key={text} class="hint">
          {text}
        </p>
      ))}
    </div>
  );
}
