import { type Static, Type } from 'typebox';
import { optional } from '../shared/optional.js';
import { chatCompletionRequest } from './completion-requests.js';

const { messages, ...chat } = chatCompletionRequest.properties;
const model = optional(Type.String({ description: 'Whose vocabulary, where several models are served.' }));

/** A text in llama-server's form, or a prompt or a chat in vLLM's: exactly one of `content`, `prompt` and `messages`. */
export const tokenizeRequest = Type.Object({
  ...chat,
  model,
  content: optional(Type.String({ description: "A text, in llama-server's form." })),
  add_special: optional(
    Type.Boolean({ default: false, description: 'With content: add the tokens that the model expects around a text.' }),
  ),
  parse_special: optional(
    Type.Boolean({ default: true, description: 'With content: names of special tokens become these tokens.' }),
  ),
  prompt: optional(
    Type.String({ description: "A text, in vLLM's form. Names of special tokens become these tokens." }),
  ),
  add_special_tokens: optional(
    Type.Boolean({ description: 'With prompt, true by default: add the tokens that the model expects around a text.' }),
  ),
  messages: optional(messages),
});

const tokens = Type.Array(Type.Integer({ minimum: 0 }));

export const tokenizeAnswer = Type.Union([
  Type.Object({ tokens }, { description: 'To content.' }),
  Type.Object(
    {
      count: Type.Integer({ minimum: 0, description: 'Number of tokens.' }),
      max_model_len: Type.Integer({ minimum: 1, description: 'Tokens that fit, prompt and answer together.' }),
      tokens,
      token_strs: Type.Null(),
    },
    { description: 'To prompt and messages.' },
  ),
]);

export const detokenizeRequest = Type.Object({ tokens, model });

export const detokenizeAnswer = Type.Object({
  content: Type.String({ description: 'The text, as in llama-server.' }),
  prompt: Type.String({ description: 'The same, as in vLLM.' }),
});

export type TokenizeRequest = Static<typeof tokenizeRequest>;
