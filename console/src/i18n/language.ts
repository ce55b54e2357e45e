import { effect, signal } from '@preact/signals';
import { remembered } from '../ui/remembered.js';

const languages = ['en', 'ja'] as const;
export type Language = (typeof languages)[number];

/** The language of the page: the one chosen last, or else the first of the browser's that there is. */
export const language = signal<Language>(
  remembered.read('language', languages) ?? navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage) ?? 'en',
);

effect(() => {
  document.documentElement.lang = language.value;
  remembered.write('language', language.value);
});

function isLanguage(tag: string): tag is Language {
  return languages.some((language) => language === tag);
}
