// What stands around every page: the name, where one can go, and how the bot is.
import type { ComponentChildren } from 'preact';
import { connection, failed, notice, status } from '../state/live';
import { signOut, username } from '../state/session';
import { t, word } from '../texts';
import { Button, Link } from './basics';
import { Icon, Mark, type IconName } from './icons';

export function stateWord(): string {
  const now = status.value;
  if (!now) return t('state.unknown');
  if (now.phase_state === 'runtime_ready' && now.degraded.length > 0) return t('state.degraded');
  return word('state', now.phase_state);
}

export function tone(): string {
  const now = status.value;
  if (!now || connection.value === 'lost') return 'off';
  if (now.failed) return 'bad';
  if (now.ready) return now.degraded.length > 0 ? 'warn' : 'good';
  return 'busy';
}

function StatePill() {
  return (
    <span class={`pill ${tone()}`} role="status">
      <span class="dot" aria-hidden="true" />
      {stateWord()}
    </span>
  );
}

// Always there, so that nothing jumps when it has something to say.
function ConnectionLine() {
  const back = notice.value.startsWith('back ') ? t('live.back', notice.value.slice(5)) : notice.value ? t('live.fell_back') : '';
  const text = connection.value === 'open' ? back : t(`live.${connection.value}`);
  return (
    <p class={`connection ${connection.value}`} role="status" data-empty={text === ''}>
      {text}
    </p>
  );
}

const pages: [string, IconName, 'nav.overview' | 'nav.chat' | 'nav.guilds' | 'nav.database' | 'nav.logs' | 'nav.settings'][] = [
  ['/', 'overview', 'nav.overview'],
  ['/chat', 'chat', 'nav.chat'],
  ['/guilds', 'guilds', 'nav.guilds'],
  ['/database', 'database', 'nav.database'],
  ['/logs', 'logs', 'nav.logs'],
  ['/settings', 'settings', 'nav.settings'],
];

export function Shell(props: { children: ComponentChildren }) {
  return (
    <div class="shell">
      <a class="skip" href="#content">
        {t('app.skip')}
      </a>
      <header class="top">
        <Link to="/" class="brand" label={t('app.name')}>
          <Mark />
          <span>{t('app.name')}</span>
        </Link>
        <StatePill />
        <nav aria-label={t('nav.main')} class="nav">
          {pages.map(([to, icon, text]) => (
            <Link key={to} to={to}>
              <Icon name={icon} />
              <span>{t(text)}</span>
            </Link>
          ))}
          {failed.value && (
            <Link to="/recovery" class="urgent">
              <Icon name="repair" />
              <span>{t('nav.recovery')}</span>
            </Link>
          )}
        </nav>
        <div class="me">
          <span class="name">{username.value}</span>
          <Button onClick={() => signOut(false)}>{t('nav.signout')}</Button>
        </div>
      </header>
      <ConnectionLine />
      <main id="content" tabIndex={-1}>
        {props.children}
      </main>
    </div>
  );
}
