// Times for people.
import { t } from '../texts';

export function duration(ms: number): string {
  if (ms < 0.1 && ms > 0) return t('time.us', Math.max(1, Math.round(ms * 1000)));
  if (ms < 1000) return t('time.ms', ms < 10 ? ms.toFixed(1) : Math.round(ms));
  const seconds = ms / 1000;
  if (seconds < 60) return t('time.s', seconds < 10 ? seconds.toFixed(1) : Math.round(seconds));
  if (seconds < 3600) return t('time.min', Math.floor(seconds / 60));
  if (seconds < 86400) return `${t('time.h', Math.floor(seconds / 3600))} ${t('time.min', Math.floor((seconds % 3600) / 60))}`;
  return `${t('time.d', Math.floor(seconds / 86400))} ${t('time.h', Math.floor((seconds % 86400) / 3600))}`;
}

export const clock = (time: string | number) => new Date(time).toLocaleString();
