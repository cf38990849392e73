// What is kept apart by guild: who may do what, the commands, the prefixes, and who changed it.
import { signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { get } from '../api';
import { Card, Link, ProblemText, Select } from '../parts/basics';
import { path } from '../router';
import { t } from '../texts';
import { Audit } from './guild_audit';
import { Commands } from './guild_commands';
import { Permissions } from './guild_permissions';
import { GuildSettings } from './guild_settings';

export const guild = signal('webchat');
const guilds = signal<string[]>(['webchat']);

const tabs = ['permissions', 'commands', 'settings', 'audit'] as const;

export function Guilds() {
  const tab = tabs.find((name) => path.value === `/guilds/${name}`) ?? 'permissions';
  const problem = useSignal<unknown>(null);
  useEffect(() => {
    get<{ guilds: string[] }>('/api/guilds').then(
      (answer) => (guilds.value = answer.guilds),
      (error) => (problem.value = error),
    );
  }, []);
  return (
    <div class="page">
      <h1 class="visually-hidden">{t('guilds.title')}</h1>
      <nav class="tabs" aria-label={t('guilds.title')}>
        {tabs.map((name) => (
          <Link key={name} to={name === 'permissions' ? '/guilds' : `/guilds/${name}`}>
            {t(`guilds.${name}`)}
          </Link>
        ))}
      </nav>
      {problem.value ? (
        <Card>
          <ProblemText problem={problem.value} />
        </Card>
      ) : (
        <>
          {guilds.value.length > 1 && tab !== 'commands' && (
            <div class="toolbar">
              <Select label={t('guilds.guild')} value={guild.value} options={guilds.value.map((id) => [id, id] as const)} onValue={(id) => (guild.value = id)} />
            </div>
          )}
          {tab === 'permissions' && <Permissions key={guild.value} />}
          {tab === 'commands' && <Commands />}
          {tab === 'settings' && <GuildSettings key={guild.value} />}
          {tab === 'audit' && <Audit key={guild.value} />}
        </>
      )}
    </div>
  );
}
