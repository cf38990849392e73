import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { get, Problem } from '../api';
import { Button, Field, ProblemText, useOnce } from '../parts/basics';
import { Mark } from '../parts/icons';
import { go } from '../router';
import { setUp, signIn } from '../state/session';
import { language, languages, t, type Language } from '../texts';

function Door(props: { title: string; children: ComponentChildren }) {
  return (
    <div class="door">
      <main class="card" id="content">
        <div class="brand">
          <Mark />
          <span>{t('app.name')}</span>
        </div>
        <h1>{props.title}</h1>
        {props.children}
      </main>
      <p class="languages">
        {Object.entries(languages).map(([key, name]) => (
          <button key={key} type="button" class="link" lang={key} aria-pressed={language.value === key} onClick={() => (language.value = key as Language)}>
            {name}
          </button>
        ))}
      </p>
    </div>
  );
}

function Form(props: { children: ComponentChildren; go: string; run: () => Promise<void>; disabled?: boolean }) {
  const busy = useSignal(false);
  const problem = useSignal<unknown>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    problem.value = null;
    try {
      await props.run();
    } catch (error) {
      problem.value = error;
    }
    busy.value = false;
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      {props.children}
      <ProblemText problem={problem.value} />
      <Button type="submit" tone="main" busy={busy.value} disabled={props.disabled ?? false}>
        {props.go}
      </Button>
    </form>
  );
}

export function Login() {
  const name = useSignal('');
  const password = useSignal('');
  const code = useSignal('');
  const needsCode = useSignal(false);
  const nobody = useSignal(false);
  useOnce(() => get<{ needed: boolean }>('/api/auth/setup').then((answer) => (nobody.value = answer.needed), () => undefined));
  const run = async () => {
    try {
      await signIn(name.value, password.value, code.value.trim());
    } catch (error) {
      const asked = error instanceof Problem && error.data?.['needs'] === 'code';
      const first = asked && !needsCode.value;
      needsCode.value ||= asked;
      if (!first) throw error;
    }
  };
  return (
    <Door title={t('login.title')}>
      {nobody.value && (
        <div class="notice plain">
          <p>{t('login.none')}</p>
          <p>{t('login.none.help')}</p>
          <pre>orrery user setup-link</pre>
        </div>
      )}
      <Form go={t('login.go')} run={run}>
        <Field label={t('login.name')} value={name.value} onValue={(value) => (name.value = value)} input={{ autocomplete: 'username', required: true, name: 'username', autofocus: true }} />
        <Field label={t('login.password')} value={password.value} onValue={(value) => (password.value = value)} input={{ type: 'password', autocomplete: 'current-password', required: true, name: 'password' }} />
        {needsCode.value && <Field label={t('login.code')} value={code.value} onValue={(value) => (code.value = value)} input={{ autocomplete: 'one-time-code', required: true, name: 'code' }} />}
      </Form>
    </Door>
  );
}

export function SetUp() {
  const token = useSignal(location.hash.slice(1));
  const name = useSignal('');
  const password = useSignal('');
  const again = useSignal('');
  // Out of the address: it is spent soon, and must not stay in the history until then.
  useOnce(() => token.value && history.replaceState(null, '', '/setup'));
  if (!token.value) {
    return (
      <Door title={t('setup.title')}>
        <p>{t('setup.no_token')}</p>
        <pre>orrery user setup-link</pre>
      </Door>
    );
  }
  const short = password.value.length > 0 && password.value.length < 8;
  const differ = again.value.length > 0 && again.value !== password.value;
  const run = async () => {
    await setUp(token.value, name.value, password.value);
    go('/');
  };
  return (
    <Door title={t('setup.title')}>
      <p>{t('setup.help')}</p>
      <Form go={t('setup.go')} run={run} disabled={short || differ || again.value === ''}>
        <Field label={t('login.name')} value={name.value} onValue={(value) => (name.value = value)} input={{ autocomplete: 'username', required: true, name: 'username', autofocus: true }} />
        <Field label={t('login.password')} value={password.value} onValue={(value) => (password.value = value)} hint={t('users.password.short')} input={{ type: 'password', autocomplete: 'new-password', required: true, name: 'password' }} />
        <Field label={t('users.password.again')} value={again.value} onValue={(value) => (again.value = value)} hint={differ ? t('users.password.differ') : undefined} input={{ type: 'password', autocomplete: 'new-password', required: true, name: 'again' }} />
      </Form>
    </Door>
  );
}
