import { array, type Decoder, nullable, number, object, optional, string } from '../../api/decode.js';
import type { AnswerEvent } from './answer.js';
import { sentTimings, timingsOf } from './stream.js';

const maybe = <Value>(decode: Decoder<Value>): Decoder<Value | null> => optional(nullable(decode), null);

const typed = object({ type: string });
const delta = object({ output_index: number, delta: string });
const added = object({
  output_index: number,
  item: object({ type: string, call_id: maybe(string), name: maybe(string) }),
});
const begun = object({ response: object({ id: string, model: string }) });
const ended = object({
  response: object({
    id: string,
    model: string,
    status: string,
    store: (value: unknown) => value === true,
    output: array(typed),
    timings: maybe(sentTimings),
    error: maybe(object({ code: string, message: string })),
  }),
});

type Chunk = Extract<AnswerEvent, { type: 'chunk' }>;

const nothing: Chunk = {
  type: 'chunk',
  responseId: null,
  isStored: false,
  model: null,
  text: '',
  reasoning: '',
  calls: [],
  finishReason: null,
  timings: null,
};

/**
 * Reads the events of one streamed response. Null for those that say nothing new.
 * @throws {DecodeError} The server sent something else than an event of a response.
 */
export function responseReader(): (data: string) => AnswerEvent | null {
  /** Which call an item of the output is. */
  const calls = new Map<number, number>();
  return (data) => {
    const value: unknown = JSON.parse(data);
    switch (typed(value).type) {
      case 'response.created': {
        const { id, model } = begun(value).response;
        return { ...nothing, responseId: id, model };
      }
      case 'response.output_text.delta':
        return { ...nothing, text: delta(value).delta };
      case 'response.reasoning_text.delta':
        return { ...nothing, reasoning: delta(value).delta };
      case 'response.output_item.added': {
        const { output_index, item } = added(value);
        if (item.type !== 'function_call') return null;
        const index = calls.size;
        calls.set(output_index, index);
        return { ...nothing, calls: [{ index, id: item.call_id, name: item.name, arguments: '' }] };
      }
      case 'response.function_call_arguments.delta': {
        const { output_index, delta: text } = delta(value);
        return { ...nothing, calls: [{ index: calls.get(output_index) ?? 0, id: null, name: null, arguments: text }] };
      }
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
        return endOf(value);
      default:
        return null;
    }
  };
}

function endOf(value: unknown): AnswerEvent {
  const { id, model, status, store, output, timings, error } = ended(value).response;
  if (error !== null) return { type: 'error', ...error };
  const hasCalls = output.some(({ type }) => type === 'function_call');
  const finishReason = status === 'incomplete' ? 'length' : hasCalls ? 'tool_calls' : 'stop';
  const sent = timings === null ? null : timingsOf(timings);
  return { ...nothing, responseId: id, isStored: store, model, finishReason, timings: sent };
}
