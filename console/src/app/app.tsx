import type { JSX } from 'preact';
import { ConnectionBanner } from './connection-status.js';
import { Header } from './header.js';
import { KeyDialog } from './key-dialog.js';
import { LazyView } from './lazy-view.js';
import { route } from './route.js';
import { appWords } from './words.js';

export function App(): JSX.Element {
  const words = appWords();
  const id = route.value;
  return (
    <>
      <a class="skip" href="#content" onClick={focusContent}>
        {words.skip}
      </a>
      <Header />
      {id !== 'chat' && <ConnectionBanner />}
      <main id="content" tabIndex={-1} class={`view view-${id}`}>
        <LazyView key={id} id={id} />
      </main>
      <KeyDialog />
    </>
  );
}

/** The hash names the view, so that the link itself must not be followed. */
function focusContent(event: Event): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}
