import { useSignal } from '@preact/signals';
import type { ComponentType, JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { loadView, type ViewId } from './views.js';
import { appWords } from './words.js';

type Loading =
  | { readonly status: 'loading' }
  | { readonly status: 'loaded'; readonly View: ComponentType }
  | { readonly status: 'failed' };

export function LazyView({ id }: { readonly id: ViewId }): JSX.Element {
  const words = appWords();
  const loading = useSignal<Loading>({ status: 'loading' });
  useEffect(() => {
    let left = false;
    void loadView[id]().then(
      (View) => {
        if (!left) loading.value = { status: 'loaded', View };
      },
      () => {
        if (!left) loading.value = { status: 'failed' };
      },
    );
    return () => {
      left = true;
    };
  }, [id, loading]);

  switch (loading.value.status) {
    case 'loading':
      return <p class="notice quiet">{words.loading}</p>;
    case 'failed':
      return (
        <p class="notice" role="alert">
          {words.viewFailed}{' '}
          <button
            onClick={() => {
              location.reload();
            }}
          >
            {words.reload}
          </button>
        </p>
      );
    case 'loaded':
      return <loading.value.View />;
  }
}
