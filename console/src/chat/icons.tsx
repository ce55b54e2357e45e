import type { JSX } from 'preact';

const paths = {
  send: 'M10 16V4.5M5 9.2 10 4.2l5 5',
  stop: 'M6 6h8v8H6z',
  add: 'M10 4v12M4 10h12',
  close: 'M5 5l10 10M15 5 5 15',
  settings: 'M3 6h8M15 6h2M3 14h2M9 14h8M13 4v4M7 12v4',
  kept: 'M10 5.5V10l3 2M3.6 7.2A7 7 0 1 1 3 10M3 4.5v3h3',
  up: 'M7 9v7H4V9h3Zm0 0 3-6c1.4 0 2 .8 2 2v3h3.6c.9 0 1.5.8 1.3 1.7l-1 4.8c-.2.9-.8 1.5-1.7 1.5H7',
  down: 'M13 11V4h3v7h-3Zm0 0-3 6c-1.4 0-2-.8-2-2v-3H4.4c-.9 0-1.5-.8-1.3-1.7l1-4.8C4.3 4.6 4.9 4 5.8 4H13',
  again: 'M16 10a6 6 0 1 1-1.7-4.2M16.5 3v3.5H13',
  edit: 'M4 16l.7-3.3L13 4.4l2.6 2.6-8.3 8.3L4 16Z',
  copy: 'M7.5 7.5h8v8h-8zM12.5 4.5h-8v8',
  download: 'M10 3.5V12M6.5 9l3.5 3.5L13.5 9M4 16h12',
  remove: 'M4.5 6h11M8 6V4h4v2M6 6l.7 10h6.6L14 6',
  done: 'M4.5 10.5l3.5 3.5 7.5-8',
  before: 'M12 5l-5 5 5 5',
  after: 'M8 5l5 5-5 5',
} as const;

export function Icon({ name }: { readonly name: keyof typeof paths }): JSX.Element {
  return (
    <svg
      viewBox="0 0 20 20"
      width="18"
      height="18"
      aria-hidden="true"
      fill={name === 'stop' ? 'currentColor' : 'none'}
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
    >
      <path d={paths[name]} />
    </svg>
  );
}
