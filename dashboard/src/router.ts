// Which page is open: the path of the address, as a signal.
import { signal } from '@preact/signals';

export const path = signal(location.pathname);

export function go(to: string): void {
  if (to === path.value) return;
  history.pushState(null, '', to);
  path.value = to;
  scrollTo(0, 0);
}

addEventListener('popstate', () => (path.value = location.pathname));
