// The dashboard: which page for which address, once it is known who is here.
import { effect } from '@preact/signals';
import { render } from 'preact';
import { Card, Link } from './parts/basics';
import { Shell } from './parts/shell';
import { Chat } from './pages/chat';
import { Database } from './pages/database';
import { Guilds } from './pages/guilds';
import { Login, SetUp } from './pages/login';
import { Logs } from './pages/logs';
import { Overview } from './pages/overview';
import { Recovery } from './pages/recovery';
import { Settings } from './pages/settings';
import { path } from './router';
import { follow, stopFollowing } from './state/live';
import { lookWho, who } from './state/session';
import './state/theme';
import './style/index.css';
import { t } from './texts';

function Page() {
  const at = path.value;
  if (at === '/' || at === '/login' || at === '/setup') return <Overview />;
  if (at === '/chat') return <Chat />;
  if (at === '/guilds' || at.startsWith('/guilds/')) return <Guilds />;
  if (at === '/database') return <Database />;
  if (at === '/logs') return <Logs />;
  if (at === '/recovery') return <Recovery />;
  if (at === '/settings' || at.startsWith('/settings/')) return <Settings />;
  return (
    <Card title={t('common.nothing_here')}>
      <Link to="/">{t('common.home')}</Link>
    </Card>
  );
}

function App() {
  if (who.value === 'nobody') return path.value === '/setup' ? <SetUp /> : <Login />;
  if (who.value === 'unknown') return <p class="first-words">{t('app.name')}</p>;
  return (
    <Shell>
      <Page />
    </Shell>
  );
}

const titles = { '/chat': 'nav.chat', '/guilds': 'nav.guilds', '/database': 'nav.database', '/logs': 'nav.logs', '/recovery': 'nav.recovery', '/settings': 'nav.settings' } as const;
effect(() => {
  const title = Object.entries(titles).find(([start]) => path.value.startsWith(start))?.[1] ?? 'nav.overview';
  document.title = who.value === 'somebody' ? `${t(title)} · ${t('app.name')}` : t('app.name');
});
effect(() => (who.value === 'somebody' ? follow() : stopFollowing()));

// The page may be older than the program: it asks until somebody answers.
async function begin(): Promise<void> {
  while (who.value === 'unknown') {
    await lookWho().catch(() => new Promise((resolve) => setTimeout(resolve, 500)));
  }
}

const place = document.getElementById('app');
if (place) {
  void begin().then(() => {
    place.replaceChildren();
    render(<App />, place);
  });
}
