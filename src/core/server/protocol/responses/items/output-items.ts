import type { OutputLogprob } from '../../../../engine/token-logprob.js';
import type { OutputItem, OutputPart } from '../../../schemas/responses/response-items.js';
import { itemLogprobs } from '../../wire-logprobs.js';
import type { CustomInput } from './custom-tools.js';
import type { QualifiedName } from './namespaces.js';
import { sealed } from './thought-envelope.js';

/** An item of the output while it is being generated. Its text is collected, because its last events repeat it. */
export type OpenItem =
  | { readonly type: 'message'; readonly id: string; text: string; readonly logprobs: OutputLogprob[] }
  | { readonly type: 'reasoning'; readonly id: string; text: string }
  | {
      readonly type: 'function_call';
      readonly id: string;
      readonly callId: string;
      readonly called: QualifiedName;
      text: string;
    }
  | {
      readonly type: 'custom_tool_call';
      readonly id: string;
      readonly callId: string;
      readonly called: QualifiedName;
      readonly reading: CustomInput;
      text: string;
    };

type Status = OutputItem['status'];

/** @param isSealed whether thoughts are also given as `encrypted_content` */
export function outputItem(item: OpenItem, status: Status, isSealed: boolean): OutputItem {
  const { id, text } = item;
  const isBegun = status !== 'in_progress';
  switch (item.type) {
    case 'message': {
      const content = isBegun ? [outputText(text, item.logprobs)] : [];
      return { type: 'message', id, role: 'assistant', status, content };
    }
    case 'reasoning': {
      const content = isBegun ? [reasoningText(text)] : [];
      const envelope = isBegun && isSealed ? { encrypted_content: sealed(text) } : {};
      return { type: 'reasoning', id, summary: [], content, ...envelope, status };
    }
    case 'function_call':
      return { type: 'function_call', id, call_id: item.callId, ...item.called, arguments: text, status };
    case 'custom_tool_call':
      return { type: 'custom_tool_call', id, call_id: item.callId, ...item.called, input: text, status };
  }
}

type OutputText = Extract<OutputPart, { type: 'output_text' }>;
type ReasoningText = Extract<OutputPart, { type: 'reasoning_text' }>;

/** @param tokens those that wrote it, if their probabilities were asked for */
export function outputText(text: string, tokens: readonly OutputLogprob[] = []): OutputText {
  return { type: 'output_text', text, annotations: [], logprobs: itemLogprobs(tokens) };
}

export function reasoningText(text: string): ReasoningText {
  return { type: 'reasoning_text', text };
}
