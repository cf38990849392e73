import { useSignal } from '@preact/signals';
import { get, post } from '../api';
import { Action, Button, Card, Field, Select, useOnce } from '../parts/basics';
import { clock } from '../parts/time';
import { t } from '../texts';

const scopes = ['read', 'chat', 'operate', 'manage'] as const;
const days = ['30', '90', '365', ''] as const;

interface ApiKey {
  id: string;
  name: string;
  user: string;
  scopes: (typeof scopes)[number][];
  begun: string;
  expires: string | null;
}

export function ApiKeys() {
  const keys = useSignal<ApiKey[] | null>(null);
  const made = useSignal('');
  const load = () => get<{ keys: ApiKey[] }>('/api/keys').then((answer) => (keys.value = answer.keys));
  useOnce(load);
  return (
    <>
      <Card title={t('keys.title')}>
        <p class="hint">{t('keys.help')}</p>
        {keys.value?.length === 0 && <p class="hint">{t('keys.none')}</p>}
        <ul class="list">
          {keys.value?.map((key) => (
            <li key={key.id}>
              <span>
                <b>{key.name}</b>{' '}
                {key.scopes.map((scope) => (
                  <span key={scope} class="tag">
                    {scope}
                  </span>
                ))}
                <br />
                <span class="hint">
                  {t('keys.by', key.user)}, {key.expires ? t('keys.until', clock(key.expires)) : t('keys.never')}
                </span>
              </span>
              <Action tone="danger" sure={t('keys.revoke.sure', key.name)} run={() => post('/api/keys/revoke', { id: key.id }).then(load)}>
                {t('keys.revoke')}
              </Action>
            </li>
          ))}
        </ul>
        {made.value && <Made secret={made.value} />}
      </Card>
      <NewKey
        made={(secret) => {
          made.value = secret;
          void load();
        }}
      />
    </>
  );
}

function Made(props: { secret: string }) {
  const copied = useSignal(false);
  return (
    <div class="notice good" role="status">
      <p>{t('keys.made')}</p>
      <p>
        <code class="secret">{props.secret}</code>{' '}
        <Button onClick={() => navigator.clipboard?.writeText(props.secret).then(() => (copied.value = true))}>{copied.value ? t('keys.copied') : t('keys.copy')}</Button>
      </p>
    </div>
  );
}

function NewKey(props: { made: (secret: string) => void }) {
  const name = useSignal('');
  const chosen = useSignal<string[]>(['read']);
  const lasts = useSignal('90');
  const toggle = (scope: string) => (chosen.value = chosen.value.includes(scope) ? chosen.value.filter((one) => one !== scope) : [...chosen.value, scope]);
  const make = async () => {
    const answer = await post<{ key: string }>('/api/keys', { name: name.value, scopes: chosen.value, expires_days: lasts.value ? Number(lasts.value) : null });
    name.value = '';
    props.made(answer.key);
  };
  return (
    <Card title={t('keys.make')}>
      <div class="toolbar">
        <Field label={t('keys.name')} value={name.value} onValue={(value) => (name.value = value)} input={{ name: 'key-name', autocomplete: 'off' }} />
        <Select label={t('keys.expires')} value={lasts.value} onValue={(value) => (lasts.value = value)} options={days.map((count) => [count, count ? t('keys.days', count) : t('keys.never')] as const)} />
      </div>
      <fieldset>
        <legend>{t('keys.scopes')}</legend>
        {scopes.map((scope) => (
          <label key={scope} class="check">
            <input type="checkbox" checked={chosen.value.includes(scope)} onChange={() => toggle(scope)} /> <code>{scope}</code> {t(`keys.scope.${scope}`)}
          </label>
        ))}
      </fieldset>
      <Action tone="main" run={make} disabled={!name.value || chosen.value.length === 0}>
        {t('keys.make')}
      </Action>
    </Card>
  );
}
