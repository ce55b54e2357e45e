import type { Tool } from '../engine.js';
import type { SchemaProperty } from '../format/schema-properties.js';
import type { JsonRules } from '../grammar/json-rules.js';
import type { RuleItem, Sequence } from '../grammar/rules.js';
import type { AnswerParts } from './answer.js';
import type { Feed, Reading } from './feed.js';

/** The marks around what a model thinks before it answers. */
export interface ThoughtSyntax {
  readonly name: string;
  readonly begin: string;
  readonly end: string;
}

/** A tool, with the rule for its arguments. */
export interface CallableTool {
  readonly tool: Tool;
  /** All objects that its schema allows, in the notation of the syntax. */
  readonly arguments: RuleItem;
  /** Its parameters one by one; null if they cannot be told apart. */
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
  /** Texts at which {@link CallSyntax.read} has a look. None of them is a part of another one. */
  readonly begins: readonly CallMark[];
  /**
   * Reads one call, or several that belong together, after the text that begins them.
   *
   * @param begin the text that has been read
   * @returns whether it was a call; if not, and no call has been reported, it counts as content
   */
  read(feed: Feed, parts: AnswerParts, begin: string): Reading<boolean>;
  /** How values look, if not as JSON. */
  readonly notation?: (json: JsonRules) => JsonRules;
  /** What a model may write, for the grammar. */
  rules(grammar: CallGrammar): readonly CallBeginning[];
  /** The identifier of a call, if the templates of the family are particular about it. */
  readonly newId?: (index: number, name: string) => string;
}

/** How a model marks the parts of its answers. */
export interface Dialect {
  readonly thoughts: ThoughtSyntax | null;
  /** Null if the model's template has no calls, or unknown ones. */
  readonly calls: CallSyntax | null;
}
