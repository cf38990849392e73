// The failure in three parts, and what can be done about it here.
import { post } from '../api';
import { status, type Status } from '../state/live';
import { t } from '../texts';
import { Action, Card, Link } from './basics';

// "component: why" → both.
function parts(now: Status): { component: string | null; why: string } {
  const message = now.failure_message ?? '';
  const colon = message.indexOf(': ');
  const name = colon > 0 ? message.slice(0, colon) : '';
  return now.components.some((part) => part.name === name) ? { component: name, why: message.slice(colon + 2) } : { component: null, why: message };
}

export const retry = (safe: boolean) => post('/api/runtime/retry?wait=120', { safe_mode: safe });

export function FailureCard(props: { here?: boolean }) {
  const now = status.value;
  if (!now?.failed) return null;
  const { component, why } = parts(now);
  return (
    <Card title={t('repair.title')} class="failure">
      <p>{now.phase_state === 'stuck' ? t('repair.stuck', now.survivors.join(', ')) : t('repair.calm')}</p>
      <dl class="three-parts">
        <dt>{t('repair.what')}</dt>
        <dd>{component ? t('repair.what.text', component) : t('repair.what.plain')}</dd>
        <dt>{t('repair.why')}</dt>
        <dd class="why">{why}</dd>
        <dt>{t('repair.do')}</dt>
        <dd class="remedy">{now.failure_remedy ?? t('repair.do.unknown')}</dd>
      </dl>
      <div class="actions">
        <Action tone="main" run={() => retry(false)} disabled={now.phase_state === 'stuck'}>
          {t('repair.retry')}
        </Action>
        {!props.here && (
          <Link to="/recovery" class="button plain">
            {t('repair.configuration')}
          </Link>
        )}
        <Action run={() => retry(true)} title={t('repair.safe.help')} disabled={now.phase_state === 'stuck'}>
          {t('repair.safe')}
        </Action>
        <a class="button plain" href="/api/runtime/support-bundle" download="orrery-support.zip" title={t('repair.bundle.help')}>
          {t('repair.bundle')}
        </a>
        <Link to="/logs" class="button plain">
          {t('repair.logs')}
        </Link>
      </div>
    </Card>
  );
}
