// Every text a person reads on the dashboard, by key, in the language chosen.
//
//   t('chat.empty')            "Nothing said yet."
//   t('state.for', '3 s')      {0} is replaced
import { effect, signal } from '@preact/signals';
import { en } from './en';
import { zh } from './zh';

export type Key = keyof typeof en;
export type Texts = Record<Key, string>;

export const languages = { en: 'English', zh: '中文' } as const;
export type Language = keyof typeof languages;
const all: Record<Language, Texts> = { en, zh };

function first(): Language {
  const kept = localStorage.getItem('language');
  if (kept === 'en' || kept === 'zh') return kept;
  return navigator.language.startsWith('zh') ? 'zh' : 'en';
}

export const language = signal<Language>(first());
effect(() => {
  localStorage.setItem('language', language.value);
  document.documentElement.lang = language.value;
});

export function t(key: Key, ...values: (string | number)[]): string {
  return all[language.value][key].replace(/\{(\d)\}/g, (_, i: string) => String(values[Number(i)] ?? ''));
}

// A text for a word of the program's own, such as a state; the word itself where there is none.
export function word(prefix: string, name: string): string {
  const key = `${prefix}.${name}` as Key;
  return key in en ? t(key) : name;
}
