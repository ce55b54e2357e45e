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
  with_pieces: optional(
    Type.Boolean({ default: false, description: 'With content: the answer has the text of each token.' }),
  ),
  prompt: optional(
    Type.String({ description: "A text, in vLLM's form. Names of special tokens become these tokens." }),
  ),
  add_special_tokens: optional(
    Type.Boolean({ description: 'With prompt, true by default: add the tokens that the model expects around a text.' }),
  ),
  messages: optional(messages),
  return_token_strs: optional(
    Type.Boolean({ default: false, description: 'With prompt and messages: the answer has the name of each token.' }),
  ),
});

const tokens = Type.Array(Type.Integer({ minimum: 0 }));

const tokenWithPiece = Type.Object({
  id: Type.Integer({ minimum: 0 }),
  piece: Type.Union([Type.String(), Type.Array(Type.Integer({ minimum: 0, maximum: 255 }))], {
    description: 'The text of the token; its bytes if they are not whole characters.',
  }),
});

export const tokenizeAnswer = Type.Union([
  Type.Object({ tokens }, { description: 'To content.' }),
  Type.Object({ tokens: Type.Array(tokenWithPiece) }, { description: 'To content with with_pieces.' }),
  Type.Object(
    {
      count: Type.Integer({ minimum: 0, description: 'Number of tokens.' }),
      max_model_len: Type.Integer({ minimum: 1, description: 'Tokens that fit, prompt and answer together.' }),
      tokens,
      token_strs: Type.Union([Type.Array(Type.String()), Type.Null()], {
        description: 'With return_token_strs: how the vocabulary spells each token.',
      }),
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
