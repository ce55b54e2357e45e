import type { Dialect } from './dialect.js';
import { dialectOf } from './dialect-of.js';
import { hermes } from './hermes.js';

/** How chats with a model are written and read. */
export interface ChatDialect extends Dialect {
  /** Whether the chat template can be given tools; if not, or not in a known way, they are described in a message. */
  readonly hasTools: boolean;
}

/** @param templateSource null for a model without a template */
export function chatDialect(templateSource: string | null): ChatDialect {
  const dialect: Dialect = templateSource === null ? { thoughts: null, calls: null } : dialectOf(templateSource);
  return dialect.calls === null ? { ...dialect, calls: hermes, hasTools: false } : { ...dialect, hasTools: true };
}

/** The special tokens that have to be part of the text, so that it can be read. */
export function marksOf({ thoughts, calls }: Dialect, hasTools: boolean): readonly string[] {
  const ofThoughts = thoughts === null ? [] : [thoughts.begin, thoughts.end];
  return [...ofThoughts, ...(hasTools && calls !== null ? calls.marks : [])];
}
