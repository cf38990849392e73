import { useSignal } from '@preact/signals';
import { renderSVG } from 'uqr';
import { get, post } from '../api';
import { Action, Button, Card, Field, Notice, useOnce } from '../parts/basics';
import { clock } from '../parts/time';
import { hasSecondFactor, lookWho, signOut, username } from '../state/session';
import { t } from '../texts';

interface Person {
  name: string;
  second_factor: boolean;
}
interface Session {
  id: string;
  begun: string;
  expires: string;
  agent: string;
  current: boolean;
}

export function People() {
  return (
    <>
      <Users />
      <MyPassword />
      <SecondFactor />
      <Sessions />
    </>
  );
}

function Users() {
  const people = useSignal<Person[]>([]);
  const name = useSignal('');
  const password = useSignal('');
  const added = useSignal('');
  const load = () => get<{ details: Person[] }>('/api/users').then((answer) => (people.value = answer.details));
  useOnce(load);
  const add = async () => {
    await post('/api/users', { username: name.value, password: password.value });
    added.value = name.value;
    name.value = '';
    password.value = '';
    await load();
  };
  return (
    <Card title={t('users.title')}>
      <p class="hint">{t('users.help')}</p>
      <ul class="list">
        {people.value.map((person) => (
          <li key={person.name}>
            <span>
              <b>{person.name}</b> {person.name === username.value && <span class="tag">{t('users.you')}</span>} {person.second_factor && <span class="tag">{t('users.second_factor')}</span>}
            </span>
            {person.name !== username.value && (
              <Action tone="danger" sure={t('users.remove.sure', person.name)} run={() => post('/api/users/remove', { username: person.name }).then(load)}>
                {t('users.remove', person.name)}
              </Action>
            )}
          </li>
        ))}
      </ul>
      <div class="toolbar">
        <Field label={t('users.name')} value={name.value} onValue={(value) => (name.value = value)} input={{ autocomplete: 'off', name: 'new-user' }} />
        <Field label={t('users.password')} value={password.value} onValue={(value) => (password.value = value)} input={{ type: 'password', autocomplete: 'new-password', name: 'new-user-password' }} />
        <Action run={add} disabled={!name.value || password.value.length < 8}>
          {t('users.add')}
        </Action>
      </div>
      {added.value && <Notice tone="good">{t('users.added', added.value)}</Notice>}
    </Card>
  );
}

function MyPassword() {
  const before = useSignal('');
  const password = useSignal('');
  const again = useSignal('');
  const change = async () => {
    await post('/api/users/password', { username: username.value, password: password.value, confirm: before.value });
    await lookWho();
  };
  const differ = again.value !== '' && again.value !== password.value;
  return (
    <Card title={t('users.change')}>
      <div class="toolbar">
        <Field label={t('factor.confirm_password')} value={before.value} onValue={(value) => (before.value = value)} input={{ type: 'password', autocomplete: 'current-password', name: 'my-password-before' }} />
        <Field label={t('users.password.new')} value={password.value} onValue={(value) => (password.value = value)} input={{ type: 'password', autocomplete: 'new-password', name: 'my-password' }} hint={t('users.password.short')} />
        <Field label={t('users.password.again')} value={again.value} onValue={(value) => (again.value = value)} input={{ type: 'password', autocomplete: 'new-password', name: 'my-password-again' }} hint={differ ? t('users.password.differ') : t('users.changed')} />
        <Action run={change} disabled={!before.value || password.value.length < 8 || again.value !== password.value}>
          {t('users.change')}
        </Action>
      </div>
    </Card>
  );
}

// Three steps: the password, a code of the new secret, the recovery codes.
function SecondFactor() {
  const password = useSignal('');
  const begun = useSignal<{ secret: string; uri: string } | null>(null);
  const code = useSignal('');
  const codes = useSignal<string[]>([]);
  const begin = async () => {
    begun.value = await post<{ secret: string; uri: string }>('/api/auth/second-factor', { password: password.value });
    password.value = '';
  };
  const confirm = async () => {
    codes.value = (await post<{ recovery_codes: string[] }>('/api/auth/second-factor/confirm', { code: code.value.trim() })).recovery_codes;
    begun.value = null;
    code.value = '';
    await lookWho();
  };
  const end = async () => {
    await post('/api/auth/second-factor/end', { password: password.value });
    password.value = '';
    await lookWho();
  };
  return (
    <Card title={t('factor.title')}>
      <p class="hint">
        {t('factor.help')} {hasSecondFactor.value && <b>{t('factor.on')}</b>}
      </p>
      {codes.value.length > 0 && (
        <div class="notice plain">
          <p>{t('factor.codes')}</p>
          <ol class="codes">
            {codes.value.map((one) => (
              <li key={one}>
                <code>{one}</code>
              </li>
            ))}
          </ol>
          <Button onClick={() => (codes.value = [])}>{t('factor.done')}</Button>
        </div>
      )}
      {begun.value ? (
        <div class="factor">
          <p>{t('factor.scan')}</p>
          <img class="qr" alt={begun.value.uri} src={'data:image/svg+xml,' + encodeURIComponent(renderSVG(begun.value.uri))} />
          <p>
            <code>{begun.value.secret}</code>
          </p>
          <div class="toolbar">
            <Field label={t('factor.code')} value={code.value} onValue={(value) => (code.value = value)} input={{ inputMode: 'numeric', autocomplete: 'one-time-code', name: 'factor-code' }} />
            <Action tone="main" run={confirm} disabled={code.value.trim().length !== 6}>
              {t('factor.confirm')}
            </Action>
          </div>
        </div>
      ) : (
        <div class="toolbar">
          <Field label={t('factor.confirm_password')} value={password.value} onValue={(value) => (password.value = value)} input={{ type: 'password', autocomplete: 'current-password', name: 'factor-password' }} />
          <Action run={hasSecondFactor.value ? end : begin} disabled={!password.value}>
            {hasSecondFactor.value ? t('factor.end') : t('factor.begin')}
          </Action>
        </div>
      )}
    </Card>
  );
}

function Sessions() {
  const sessions = useSignal<Session[]>([]);
  useOnce(() => get<{ sessions: Session[] }>('/api/auth/sessions').then((answer) => (sessions.value = answer.sessions)));
  return (
    <Card title={t('sessions.title')}>
      <ul class="list">
        {sessions.value.map((session) => (
          <li key={session.id}>
            <span>
              {session.agent || '–'} {session.current && <span class="tag">{t('sessions.current')}</span>}
              <br />
              <span class="hint">{t('sessions.begun', clock(session.begun))}</span>
            </span>
          </li>
        ))}
      </ul>
      <Action tone="danger" run={() => signOut(true)}>
        {t('sessions.everywhere')}
      </Action>
    </Card>
  );
}
