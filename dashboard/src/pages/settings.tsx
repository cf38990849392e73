import { useSignal } from '@preact/signals';
import { Card, Link, Select } from '../parts/basics';
import { ConfigurationEditor } from '../parts/configuration';
import { clock } from '../parts/time';
import { post } from '../api';
import { status } from '../state/live';
import { theme, type Theme } from '../state/theme';
import { path } from '../router';
import { language, languages, t, type Language } from '../texts';
import { ApiKeys } from './settings_keys';
import { ConfigurationForm } from './settings_form';
import { People } from './settings_people';

const tabs = ['configuration', 'users', 'keys', 'appearance', 'about'] as const;
type Tab = (typeof tabs)[number];

export function Settings() {
  const tab = (tabs.find((name) => path.value === `/settings/${name}`) ?? 'configuration') satisfies Tab;
  return (
    <div class="page">
      <h1 class="visually-hidden">{t('settings.title')}</h1>
      <nav class="tabs" aria-label={t('settings.title')}>
        {tabs.map((name) => (
          <Link key={name} to={name === 'configuration' ? '/settings' : `/settings/${name}`}>
            {t(`settings.${name}`)}
          </Link>
        ))}
      </nav>
      {tab === 'configuration' && <Configuration />}
      {tab === 'users' && <People />}
      {tab === 'keys' && <ApiKeys />}
      {tab === 'appearance' && <Appearance />}
      {tab === 'about' && <About />}
    </div>
  );
}

function Configuration() {
  const asText = useSignal(false);
  const restart = { label: t('config.save_restart'), run: () => post('/api/runtime/restart?wait=120') };
  return (
    <Card
      title={t('config.title')}
      actions={
        <button type="button" class="button plain" onClick={() => (asText.value = !asText.value)}>
          {asText.value ? t('config.as_form') : t('config.as_text')}
        </button>
      }
    >
      {asText.value ? <ConfigurationEditor after={restart} /> : <ConfigurationForm after={restart} />}
    </Card>
  );
}

function Appearance() {
  const themes: readonly Theme[] = ['system', 'light', 'dark'];
  return (
    <Card title={t('settings.appearance')}>
      <div class="toolbar">
        <Select label={t('settings.theme')} value={theme.value} options={themes.map((name) => [name, t(`settings.theme.${name}`)] as const)} onValue={(value) => (theme.value = value as Theme)} />
        <Select label={t('settings.language')} value={language.value} options={Object.entries(languages)} onValue={(value) => (language.value = value as Language)} />
      </div>
    </Card>
  );
}

function About() {
  const now = status.value;
  const rows: [string, string][] = [
    [t('about.version'), now?.version ?? '–'],
    [t('about.page'), VERSION],
    [t('about.started'), now ? clock(now.start_time) : '–'],
    [t('about.boot'), String(now?.restarts ?? '–')],
    [t('about.licence'), 'Apache-2.0'],
  ];
  return (
    <Card title={t('about.title')}>
      <dl class="facts">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div class="actions">
        <a class="button plain" href="/licences.txt">
          {t('about.licences')}
        </a>
        <a class="button plain" href="/metrics">
          {t('about.metrics')}
        </a>
        <a class="button plain" href="/api/runtime/support-bundle" download="orrery-support.zip">
          {t('repair.bundle')}
        </a>
      </div>
    </Card>
  );
}
