import { effect, signal } from '@preact/signals';
import { remembered } from './remembered.js';

const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

export const theme = signal<Theme>(remembered.read('theme', themes) ?? 'system');

const prefersDark = matchMedia('(prefers-color-scheme: dark)');
const systemIsDark = signal(prefersDark.matches);
prefersDark.addEventListener('change', ({ matches }) => {
  systemIsDark.value = matches;
});

/** Whether the page is dark now. What draws on a canvas reads it to draw again with other colours. */
export function isDark(): boolean {
  return theme.value === 'system' ? systemIsDark.value : theme.value === 'dark';
}

export function nextTheme(): void {
  const next = { system: 'light', light: 'dark', dark: 'system' } as const;
  theme.value = next[theme.value];
}

effect(() => {
  document.documentElement.dataset['theme'] = theme.value;
  remembered.write('theme', theme.value);
});
