import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { copy } from './copy.js';
import { Icon } from './icons.js';
import { chatWords } from './words.js';

interface CopyProps {
  readonly text: string;
  /** Without a word on it. */
  readonly isIcon?: boolean;
}

export function CopyButton({ text, isIcon = false }: CopyProps): JSX.Element {
  const words = chatWords();
  const isCopied = useSignal(false);
  useEffect(() => {
    if (!isCopied.value) return undefined;
    const timer = setTimeout(() => (isCopied.value = false), 2000);
    return () => {
      clearTimeout(timer);
    };
  }, [isCopied.value, isCopied]);
  const label = isCopied.value ? words.copied : words.copy;
  return (
    <button
      type="button"
      class={isIcon ? 'quiet icon' : 'quiet'}
      title={label}
      aria-label={label}
      onClick={() => {
        void copy(text).then((isDone) => (isCopied.value = isDone));
      }}
    >
      {isIcon ? <Icon name={isCopied.value ? 'done' : 'copy'} /> : label}
    </button>
  );
}
