import type { JSX } from 'preact';
import { apiKey, takesKeys } from '../api/key.js';
import { language } from '../i18n/language.js';
import { nextTheme, theme } from '../ui/theme.js';
import { ConnectionDot, takeOtherKey } from './connection-status.js';
import { route } from './route.js';
import { viewIds } from './views.js';
import { appWords } from './words.js';

export function Header(): JSX.Element {
  const words = appWords();
  const other = language.value === 'en' ? 'ja' : 'en';
  const keyLabel = apiKey.value === undefined ? words.keyGive : words.keyChange;
  return (
    <header class="app-header">
      <a class="brand" href="#/queue">
        <Mark />
        <span>chatstream</span>
      </a>
      <nav aria-label={words.views}>
        {viewIds.map((id) => (
          <a key={id} href={`#/${id}`} aria-current={route.value === id ? 'page' : undefined}>
            {words[id]}
          </a>
        ))}
      </nav>
      <div class="app-tools">
        {/* A chat has no connection that stays. */}
        {route.value !== 'chat' && <ConnectionDot />}
        {takesKeys.value && (
          <button class="quiet icon" title={keyLabel} aria-label={keyLabel} onClick={takeOtherKey}>
            <KeyIcon />
          </button>
        )}
        <button class="quiet" lang={other} title={words.languageHint} onClick={() => (language.value = other)}>
          {words.language}
        </button>
        <button
          class="quiet icon"
          title={words.theme(theme.value)}
          aria-label={words.theme(theme.value)}
          onClick={nextTheme}
        >
          <ThemeIcon />
        </button>
      </div>
    </header>
  );
}

/** Three lines of a queue, each more urgent than the one before. */
function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      <rect x="1" y="3" width="4" height="14" rx="2" opacity=".35" />
      <rect x="8" y="3" width="4" height="14" rx="2" opacity=".65" />
      <rect x="15" y="3" width="4" height="14" rx="2" />
    </svg>
  );
}

function KeyIcon(): JSX.Element {
  return (
    <svg viewBox="0 0 20 20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.5">
      <circle cx="7" cy="13" r="3.5" />
      <path d="M9.5 10.5 16.5 3.5M13 7l2.5 2.5" />
    </svg>
  );
}

function ThemeIcon(): JSX.Element {
  return (
    <svg viewBox="0 0 20 20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.5">
      {theme.value === 'system' && <path d="M10 3a7 7 0 1 0 0 14V3Z" fill="currentColor" />}
      {theme.value === 'dark' ? (
        <path d="M16.5 11.8A6.8 6.8 0 0 1 8.2 3.5a6.8 6.8 0 1 0 8.3 8.3Z" />
      ) : (
        <circle cx="10" cy="10" r={theme.value === 'system' ? 7 : 3.6} />
      )}
      {theme.value === 'light' && (
        <path d="M10 1.5v2M10 16.5v2M1.5 10h2M16.5 10h2M4 4l1.4 1.4M14.6 14.6 16 16M16 4l-1.4 1.4M5.4 14.6 4 16" />
      )}
    </svg>
  );
}
