import type { JSX } from 'preact';
import { CopyButton } from '../copy-button.js';

export function CodeBlock({ language, text }: { readonly language: string; readonly text: string }): JSX.Element {
  return (
    <div class="chat-markdown-code">
      <div class="chat-markdown-code-bar">
        <span>{language}</span>
        <CopyButton text={text} />
      </div>
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
    </div>
  );
}
