import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { Icon } from './icons.js';
import { chatWords } from './words.js';

interface CopyProps {
  readonly text: string;
  /** Without a word on it. */
  readonly isIcon?: boolean;
}

/** Browsers give the clipboard only to pages from this machine or over HTTPS; elsewhere there is no button. */
export function CopyButton({ text, isIcon = false }: CopyProps): JSX.Element | null {
  const words = chatWords();
  const isCopied = useSignal(false);
  useEffect(() => {
    if (!isCopied.value) return undefined;
    const timer = setTimeout(() => (isCopied.value = false), 2000);
    return () => {
      clearTimeout(timer);
    };
  }, [isCopied.value, isCopied]);
  if (!isSecureContext) return null;
  const label = isCopied.value ? words.copied : words.copy;
  return (
    <button
      type="button"
      class={isIcon ? 'quiet icon' : 'quiet'}
      title={label}
      aria-label={label}
      onClick={() => {
        void navigator.clipboard.writeText(text).then(
          () => (isCopied.value = true),
          () => undefined,
        );
      }}
    >
      {isIcon ? <Icon name={isCopied.value ? 'done' : 'copy'} /> : label}
    </button>
  );
}
