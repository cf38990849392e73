import { Card } from '../parts/basics';
import { ConfigurationEditor } from '../parts/configuration';
import { FailureCard, retry } from '../parts/failure';
import { status } from '../state/live';
import { t } from '../texts';

export function Recovery() {
  const now = status.value;
  return (
    <div class="page">
      {now?.failed ? <FailureCard here /> : <Card class="good">{now?.ready ? t('repair.good') : t('repair.under_way', now?.phase_state ?? '…')}</Card>}
      <Card title={t('config.title')}>
        <ConfigurationEditor after={{ label: t('config.save_retry'), run: () => retry(false) }} />
      </Card>
    </div>
  );
}
