// Which page is open: the path of the address, as a signal.
import { signal } from '@preact/signals';

export const path = signal(location.pathname);

// What somebody has written and not saved; asked before it would be lost.
export const unsaved = { question: '' };
const mayLeave = () => !unsaved.question || confirm(unsaved.question);

export function go(to: string): void {
  if (to === path.value || !mayLeave()) return;
  unsaved.question = '';
  history.pushState(null, '', to);
  path.value = to;
  scrollTo(0, 0);
}

addEventListener('popstate', () => {
  if (!mayLeave()) return history.pushState(null, '', path.value);
  unsaved.question = '';
  path.value = location.pathname;
});
addEventListener('beforeunload', (event) => {
  if (unsaved.question) event.preventDefault();
});
