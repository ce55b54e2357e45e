import type { JSX } from 'preact';
import type { Part } from '../conversation/answer.js';
import { Markdown } from '../markdown/markdown.js';
import { chatWords } from '../words.js';

interface PartProps {
  readonly part: Exclude<Part, { type: 'call' }>;
  /** Whether more of it may come. */
  readonly isGrowing: boolean;
}

export function PartView({ part, isGrowing }: PartProps): JSX.Element {
  const words = chatWords();
  switch (part.type) {
    case 'text':
      return <Markdown text={part.text} />;
    case 'reasoning':
      return (
        <details class="chat-thought">
          <summary class={isGrowing ? 'chat-working' : undefined}>{isGrowing ? words.thinking : words.thought}</summary>
          <Markdown text={part.text} />
        </details>
      );
  }
}

export function CallView({ call }: { readonly call: Extract<Part, { type: 'call' }> }): JSX.Element {
  const words = chatWords();
  return (
    <div class="chat-call">
      <p>{words.call(call.name)}</p>
      <pre tabIndex={0}>{indented(call.arguments)}</pre>
    </div>
  );
}

/** Incomplete while they come. */
function indented(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
