import type { SchemaProperty } from '../format/schema-properties.js';
import type { JsonRules } from '../grammar/json-rules.js';
import type { RuleItem, Sequence } from '../grammar/rules.js';
import type { Tool } from '../output-format.js';
import type { AnswerParts } from './answer.js';
import type { Feed, Reading } from './feed.js';

/** The marks around what a model thinks before it answers. */
export interface ThoughtSyntax {
  readonly name: string;
  readonly begin: string;
  readonly end: string;
  /** Names of tokens that belong to it; `begin` and `end` if left out. */
  readonly marks?: readonly string[];
  /** Whether the first call ends the thought, too. */
  readonly endsAtCalls?: boolean;
  /** Marks around the answer that follows. */
  readonly answer?: AnswerMarks;
}

/** Texts around an answer that do not belong to it. */
export interface AnswerMarks {
  /** Any of these at the beginning. */
  readonly begins: readonly string[];
  readonly ends: readonly string[];
  /** Whether `ends` count only after one of `begins`: other texts may contain them. */
  readonly isPaired: boolean;
}

/** A tool, with the rule for its arguments. */
export interface CallableTool {
  readonly tool: Tool;
  /** All objects that its schema allows, in the notation of the syntax. */
  readonly arguments: RuleItem;
  /** Its parameters one by one; null if they cannot be separated. */
  readonly properties: readonly SchemaProperty[] | null;
}

/** What the rules of calls are made from. */
export interface CallGrammar {
  readonly json: JsonRules;
  readonly tools: readonly CallableTool[];
  /** Whether more than one call may be made. */
  readonly isParallel: boolean;
}

/** A text that begins a call. */
export interface CallMark {
  readonly text: string;
  /** Whether it counts only at the beginning of the answer, apart from white space. */
  readonly atStart: boolean;
}

/** A way to begin calls, and what may follow up to the end of the answer. */
export interface CallBeginning extends CallMark {
  readonly then: Sequence;
}

/** How the models of a family write calls of tools. */
export interface CallSyntax {
  /** As docs/api.md calls it. */
  readonly name: string;
  /** Names of tokens that belong to the syntax. llama.cpp leaves out control tokens where these are not asked for. */
  readonly marks: readonly string[];
  /** Texts for which {@link CallSyntax.read} is called. None of them is part of another one. */
  readonly begins: readonly CallMark[];
  /** The text with which an answer that is not a call begins, in whatever format. It is not part of the content. */
  readonly contentBegin?: string;
  /**
   * Reads one call, or several that belong together, after the text that begins them.
   *
   * @param begin the text that has been read
   * @returns whether it was a call, or something else that is not content; if not, and no call has been reported, it
   *   counts as content
   */
  read(feed: Feed, parts: AnswerParts, begin: string): Reading<boolean>;
  /**
   * Whether a text that was cut off by the end of the answer was going to be a call. Left out if it always was, because
   * calls begin with marks.
   */
  readonly isBegun?: (text: string, tools: ReadonlyMap<string, Tool>) => boolean;
  /** The notation of values, if it is not JSON. */
  readonly notation?: (json: JsonRules) => JsonRules;
  /** What a model may write, for the grammar. */
  rules(grammar: CallGrammar): readonly CallBeginning[];
  /** The identifier of a call, if the templates of the family require a certain form. */
  readonly newId?: (index: number, name: string) => string;
}

/** The kind of a message, according to its header. */
export type MessagePart = 'thought' | 'content' | 'call';

/**
 * How a model writes answers that consist of messages. Each has a header that says which kind it is:
 *
 *     HEADER <|message|> BODY <|end|> <|start|>assistant HEADER <|message|> BODY
 *
 * The first header begins the answer, because the prompt ends with `<|start|>assistant`.
 */
export interface MessageSyntax {
  readonly marks: readonly string[];
  readonly start: string;
  /** Follows `start`. */
  readonly role: string;
  /** The end of a header. */
  readonly body: string;
  /** Ends of messages. The first is the one after which another message may follow. */
  readonly ends: readonly [string, ...string[]];
  /** Texts with which headers begin, apart from white space. */
  readonly headers: readonly string[];
  readonly partOf: (header: string) => MessagePart;
  /** Headers of the last message, with the end of the header, for the grammar. */
  readonly answers: readonly string[];
  /** Headers of what a model tells the user before it calls a tool. */
  readonly preambles: readonly string[];
}

/** How a model marks the parts of its answers. */
export interface Dialect {
  readonly thoughts: ThoughtSyntax | null;
  /** Null if the model's template has no calls, or unknown ones. */
  readonly calls: CallSyntax | null;
  /** For answers in messages. Thoughts and calls are messages then. */
  readonly messages?: MessageSyntax;
}

/** Names of the tokens that belong to the dialect. Generations have to request them, for {@link CallSyntax.marks}. */
export function marksOf({ thoughts, calls, messages }: Dialect): readonly string[] {
  const ofThoughts = thoughts === null ? [] : (thoughts.marks ?? [thoughts.begin, thoughts.end]);
  return [...new Set([...ofThoughts, ...(calls?.marks ?? []), ...(messages?.marks ?? [])])];
}
