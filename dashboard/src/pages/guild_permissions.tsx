// Ranks, roles, commands and exceptions of one guild; each change is kept at once and can be undone.
import { useSignal } from '@preact/signals';
import { get, post } from '../api';
import { Action, Card, Field, Notice, ProblemText, Select, useOnce } from '../parts/basics';
import { t } from '../texts';
import { guild } from './guilds';

interface Rules {
  ranks: { rank: number; name: string; named_here: boolean }[];
  roles: { id: string; rank: number }[];
  commands: { path: string; summary: string; access: 'open' | 'ranked' | 'owner'; rank: number | null }[];
  exceptions: { kind: 'user' | 'channel'; command: string; subject: string; ruling: 'allow' | 'deny' }[];
  unconfigured: 'allow' | 'deny' | null;
  otherwise: 'allow' | 'deny';
}
type Change = (what: string, subject: string, value: string | null) => Promise<void>;

export function Permissions() {
  const rules = useSignal<Rules | null>(null);
  const problem = useSignal<unknown>(null);
  const done = useSignal(0);
  const load = async () => {
    rules.value = await get<Rules>(`/api/permissions?guild=${encodeURIComponent(guild.value)}`);
  };
  const change: Change = async (what, subject, value) => {
    const answer = await post<{ number: number }>('/api/permissions/change', { guild: guild.value, what, subject, value });
    done.value = answer.number;
    await load();
  };
  const undo = async () => {
    await post('/api/permissions/undo', { guild: guild.value, number: done.value });
    done.value = 0;
    await load();
  };
  useOnce(() => load().catch((error) => (problem.value = error)));
  if (!rules.value) {
    return <Card title={t('guilds.permissions')}>{problem.value ? <ProblemText problem={problem.value} /> : t('common.loading')}</Card>;
  }
  return (
    <>
      {done.value > 0 && (
        <Notice tone="good">
          {t('permissions.done')} <Action run={undo}>{t('permissions.undo')}</Action>
        </Notice>
      )}
      <Explain rules={rules.value} />
      <CommandRanks rules={rules.value} change={change} />
      <Roles rules={rules.value} change={change} />
      <Exceptions rules={rules.value} change={change} />
      <Ranks rules={rules.value} change={change} />
    </>
  );
}

const rankOptions = (rules: Rules) => rules.ranks.map((r) => [String(r.rank), `${r.rank} ${r.name}`] as const);

// A list that takes effect when something else is chosen, and says what went wrong.
function Choose(props: { label: string; value: string; options: readonly (readonly [string, string])[]; run: (value: string) => Promise<unknown> }) {
  const problem = useSignal<unknown>(null);
  const choose = (value: string) => {
    problem.value = null;
    props.run(value).catch((error) => (problem.value = error));
  };
  return (
    <span class="choose">
      <select aria-label={props.label} value={props.value} onChange={(event) => choose(event.currentTarget.value)}>
        {props.options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
      <ProblemText problem={problem.value} />
    </span>
  );
}

function CommandRanks({ rules, change }: { rules: Rules; change: Change }) {
  const policy = t(`permissions.${rules.otherwise}`);
  const withoutRank = (access: string) => (access === 'open' ? t('permissions.everyone') : t('permissions.unconfigured'));
  return (
    <Card title={t('permissions.commands')}>
      <p class="hint">{t('permissions.commands.help')}</p>
      <div class="toolbar">
        <Choose
          label={t('permissions.unconfigured.label')}
          value={rules.unconfigured ?? ''}
          options={[
            ['', t('permissions.unconfigured.default', policy)],
            ['deny', t('permissions.unconfigured.deny')],
            ['allow', t('permissions.unconfigured.allow')],
          ]}
          run={(value) => change('unconfigured', '', value || null)}
        />
      </div>
      <ul class="list">
        {rules.commands.map((command) => (
          <li key={command.path}>
            <span>
              <b>{command.path}</b> <span class="faint">{command.summary}</span>
            </span>
            {command.access === 'owner' ? (
              <span class="tag">{t('permissions.owner_only')}</span>
            ) : (
              <Choose
                label={t('permissions.rank_of', command.path)}
                value={command.rank === null ? '' : String(command.rank)}
                options={[['', withoutRank(command.access)], ...rankOptions(rules)]}
                run={(value) => change('command', command.path, value || null)}
              />
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Roles({ rules, change }: { rules: Rules; change: Change }) {
  const id = useSignal('');
  const rank = useSignal('1');
  return (
    <Card title={t('permissions.roles')}>
      <p class="hint">{t('permissions.roles.help')}</p>
      <ul class="list">
        {rules.roles.map((role) => (
          <li key={role.id}>
            <b>{role.id}</b>
            <Choose label={t('permissions.rank_of', role.id)} value={String(role.rank)} options={[['', t('permissions.no_rank')], ...rankOptions(rules)]} run={(value) => change('role', role.id, value || null)} />
          </li>
        ))}
      </ul>
      <div class="toolbar">
        <Field label={t('permissions.role_id')} value={id.value} onValue={(value) => (id.value = value)} input={{ name: 'role', autocomplete: 'off' }} />
        <Select label={t('permissions.rank')} value={rank.value} options={rankOptions(rules)} onValue={(value) => (rank.value = value)} />
        <Action run={() => change('role', id.value.trim(), rank.value).then(() => void (id.value = ''))} disabled={!id.value.trim()}>
          {t('permissions.add')}
        </Action>
      </div>
    </Card>
  );
}

function Exceptions({ rules, change }: { rules: Rules; change: Change }) {
  const kind = useSignal('user');
  const subject = useSignal('');
  const command = useSignal(rules.commands[0]?.path ?? '');
  const ruling = useSignal('deny');
  const add = async () => {
    await change(`${kind.value} exception`, `${command.value}\n${subject.value.trim()}`, ruling.value);
    subject.value = '';
  };
  return (
    <Card title={t('permissions.exceptions')}>
      <p class="hint">{t('permissions.exceptions.help')}</p>
      <ul class="list">
        {rules.exceptions.map((one) => (
          <li key={`${one.kind} ${one.command} ${one.subject}`}>
            <span>
              <span class="tag">{t(`permissions.${one.kind}`)}</span> <b>{one.subject}</b> {t(one.ruling === 'allow' ? 'permissions.may' : 'permissions.may_not')} <b>{one.command}</b>
            </span>
            <Action run={() => change(`${one.kind} exception`, `${one.command}\n${one.subject}`, null)}>{t('permissions.remove')}</Action>
          </li>
        ))}
      </ul>
      <div class="toolbar">
        <Select
          label={t('permissions.for')}
          value={kind.value}
          options={[
            ['user', t('permissions.user')],
            ['channel', t('permissions.channel')],
          ]}
          onValue={(value) => (kind.value = value)}
        />
        <Field label={t('permissions.id')} value={subject.value} onValue={(value) => (subject.value = value)} input={{ name: 'subject', autocomplete: 'off' }} />
        <Select label={t('permissions.command')} value={command.value} options={rules.commands.filter((c) => c.access !== 'owner').map((c) => [c.path, c.path] as const)} onValue={(value) => (command.value = value)} />
        <Select
          label={t('permissions.ruling')}
          value={ruling.value}
          options={[
            ['deny', t('permissions.deny')],
            ['allow', t('permissions.allow')],
          ]}
          onValue={(value) => (ruling.value = value)}
        />
        <Action run={add} disabled={!subject.value.trim()}>
          {t('permissions.add')}
        </Action>
      </div>
    </Card>
  );
}

function Ranks({ rules, change }: { rules: Rules; change: Change }) {
  const rank = useSignal('8');
  const name = useSignal('');
  return (
    <Card title={t('permissions.ranks')}>
      <ul class="list">
        {rules.ranks.map((one) => (
          <li key={one.rank}>
            <span>
              <span class="tag">{one.rank}</span> <b>{one.name}</b>
            </span>
            {one.named_here && <Action run={() => change('rank', String(one.rank), null)}>{t('permissions.default_name')}</Action>}
          </li>
        ))}
      </ul>
      <div class="toolbar">
        <Select label={t('permissions.rank')} value={rank.value} options={rankOptions(rules)} onValue={(value) => (rank.value = value)} />
        <Field label={t('permissions.rank_name')} value={name.value} onValue={(value) => (name.value = value)} input={{ name: 'rank-name', autocomplete: 'off' }} />
        <Action run={() => change('rank', rank.value, name.value.trim()).then(() => void (name.value = ''))} disabled={!name.value.trim()}>
          {t('permissions.name_it')}
        </Action>
      </div>
    </Card>
  );
}

interface Explained {
  allowed: boolean;
  steps: { text: string; ruling: 'allowed' | 'denied' | null }[];
}

function Explain({ rules }: { rules: Rules }) {
  const command = useSignal(rules.commands[0]?.path ?? '');
  const user = useSignal('');
  const roles = useSignal('');
  const channel = useSignal('');
  const standing = useSignal('user');
  const answer = useSignal<Explained | null>(null);
  const ask = async () => {
    const query = new URLSearchParams({ guild: guild.value, command: command.value, user: user.value.trim(), roles: roles.value, channel: channel.value.trim(), standing: standing.value });
    answer.value = await get<Explained>(`/api/permissions/explain?${query}`);
  };
  return (
    <Card title={t('permissions.explain')}>
      <p class="hint">{t('permissions.explain.help')}</p>
      <div class="toolbar">
        <Select label={t('permissions.command')} value={command.value} options={rules.commands.map((c) => [c.path, c.path] as const)} onValue={(value) => (command.value = value)} />
        <Field label={t('permissions.user_id')} value={user.value} onValue={(value) => (user.value = value)} input={{ name: 'user', autocomplete: 'off' }} />
        <Field label={t('permissions.role_ids')} value={roles.value} onValue={(value) => (roles.value = value)} input={{ name: 'roles', autocomplete: 'off' }} />
        <Field label={t('permissions.channel_id')} value={channel.value} onValue={(value) => (channel.value = value)} input={{ name: 'channel', autocomplete: 'off' }} />
        <Select
          label={t('permissions.standing')}
          value={standing.value}
          options={[
            ['user', t('permissions.standing.user')],
            ['guild owner', t('permissions.standing.guild_owner')],
          ]}
          onValue={(value) => (standing.value = value)}
        />
        <Action tone="main" run={ask} disabled={!user.value.trim()}>
          {t('permissions.explain.go')}
        </Action>
      </div>
      {answer.value && (
        <>
          <Notice tone={answer.value.allowed ? 'good' : 'bad'}>{t(answer.value.allowed ? 'permissions.explain.yes' : 'permissions.explain.no', command.value)}</Notice>
          <ol class="steps">
            {answer.value.steps.map((step) => (
              <li key={step.text} class={step.ruling ?? ''}>
                {step.text}
              </li>
            ))}
          </ol>
        </>
      )}
    </Card>
  );
}
