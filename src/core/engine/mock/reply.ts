import { ChatstreamError } from '../../base/errors.js';
import type { GenerationSpec, Token } from '../engine.js';
import type { MockReply } from '../options.js';
import type { CallDemand, ConstrainedFormat, OutputFormat } from '../output-format.js';
import { mockCalls } from './calls.js';
import { isAnswered, lastMessage } from './prompt.js';
import { countText, countToken, wordToken } from './vocabulary.js';

/** One output token and its text. */
interface Piece {
  readonly token: Token;
  readonly text: string;
}

/**
 * A predictable reply: the piece at a position, counted from 0, or null where the reply ends. It only depends on prompt
 * and options, so that an interrupted generation continues as if nothing had happened.
 */
export type Reply = (position: number) => Piece | null;

/** How many numbers a `round` reply has. */
const roundLength = 16;

/** @throws ChatstreamError `invalid_request` for a format that the mock cannot produce */
export function replyTo(spec: GenerationSpec, style: MockReply): Reply {
  const { minTokens } = spec;
  const reply = replyOf(spec, style);
  if (minTokens === 0) return reply;
  const endless = replyOf({ ...spec, ignoreEos: true }, style);
  return (position) => (position < minTokens ? endless : reply)(position);
}

function replyOf(spec: GenerationSpec, style: MockReply): Reply {
  switch (spec.format.type) {
    case 'json_object':
      return fixedObject(spec.ignoreEos);
    case 'json_schema':
    case 'choice':
    case 'regex':
    case 'grammar':
    case 'compiled':
      throw formatError(spec.format);
    case 'calls':
      return callReply(spec.prompt, spec.format.demand) ?? replyOf({ ...spec, format: spec.format.otherwise }, style);
    case 'text':
      return plainReply(spec, style);
  }
}

/** Words of the calls that the prompt asks for; null if it asks for none. */
function callReply(prompt: readonly Token[], demand: CallDemand): Reply | null {
  const calls = mockCalls(lastMessage(prompt), isAnswered(prompt), demand);
  return calls.length === 0 ? null : repeatWords(wordsOf(calls.join('\n')), false);
}

function plainReply(spec: GenerationSpec, style: MockReply): Reply {
  switch (style) {
    case 'echo':
      return repeatWords(wordsOf(lastMessage(spec.prompt)), spec.ignoreEos);
    case 'round':
      return countTo(spec.ignoreEos ? Infinity : roundLength);
    case 'long':
      return countTo(Infinity);
  }
}

function countTo(last: number): Reply {
  return (position) => {
    const count = position + 1;
    return count > last ? null : { token: countToken(count), text: countText(count) };
  };
}

/** Says the words once, or forever with a space between the end and the beginning. */
function repeatWords(words: readonly string[], forever: boolean): Reply {
  const joint = /\s$/.test(words.at(-1) ?? '') ? '' : ' ';
  return (position) => {
    if (position >= words.length && !forever) return null;
    const word = words[position % words.length] ?? '';
    const again = position > 0 && position % words.length === 0;
    return { token: wordToken(position), text: again ? joint + word : word };
  };
}

/** Splits a text into words with the space after them; the first also has the space before it. Joined, they are the text. */
function wordsOf(text: string): readonly string[] {
  return text.match(/\s*\S+\s*|\s+/g) ?? [];
}

const objectPieces = ['{', '"reply"', ': ', '"mock"', '}'];

/** Always the same small object. If it has to continue, it ends in spaces, which keeps it valid JSON. */
function fixedObject(forever: boolean): Reply {
  return (position) => {
    const text = objectPieces[position] ?? (forever ? ' ' : null);
    return text === null ? null : { token: wordToken(position), text };
  };
}

/** @throws ChatstreamError `invalid_request` for a format that {@link replyTo} refuses */
export function assertFormat(format: OutputFormat): void {
  const answer = format.type === 'calls' ? format.otherwise : format;
  if (answer.type !== 'text' && answer.type !== 'json_object') throw formatError(answer);
}

function formatError({ param = 'response_format' }: ConstrainedFormat): ChatstreamError {
  return new ChatstreamError('invalid_request', 'The mock engine cannot follow a JSON schema or a grammar.', {
    param,
    hint: 'Use json_object, or serve a model.',
  });
}
