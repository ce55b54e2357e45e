import type OpenAI from 'openai';
import { expect, it } from 'vitest';
import type {
  ResponseEvent,
  ResponseObject,
} from '../../../../../src/core/server/schemas/responses/response-answers.js';
import type { ConversationItem, OutputItem } from '../../../../../src/core/server/schemas/responses/response-items.js';

type Published = OpenAI.Responses.Response;

/** Fields that repeat what the client sent; their values are not narrowed. The client itself adds `output_text`. */
type Repeated = 'service_tier' | 'reasoning' | 'text' | 'output_text';

type Without<E> = E extends { readonly response: infer R } ? Omit<E, 'response'> & { response: Omit<R, Repeated> } : E;

/** The compiler is what checks here. That real answers fit our types is checked in `responses.test.ts`. */
it('describes responses, items and events as the official client does', () => {
  const response = (ours: Omit<ResponseObject, Repeated>): Omit<Published, Repeated> => ours;
  const format = (ours: ResponseObject['text']['format']): OpenAI.Responses.ResponseFormatTextConfig => ours;
  const output = (ours: OutputItem): OpenAI.Responses.ResponseOutputItem => ours;
  const item = (ours: ConversationItem): OpenAI.Responses.ResponseInputItem => ours;
  const event = (ours: Without<ResponseEvent>): Without<OpenAI.Responses.ResponseStreamEvent> => ours;
  expect([response, format, output, item, event]).toHaveLength(5);
});
