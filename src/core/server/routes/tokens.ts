import { Type } from 'typebox';
import type { App, ServerContext } from '../http/context.js';
import { errors, json } from '../schemas/openapi.js';

const text = Type.Object({ content: Type.String() });
const tokens = Type.Object({ tokens: Type.Array(Type.Integer({ minimum: 0 })) });

export function tokenRoutes(app: App, { inference }: ServerContext): void {
  const tags = ['tokens'];
  const failures = errors(400, 401, 408, 413, 503);
  const tokenizing = {
    summary: 'Tokens of a text',
    tags,
    body: text,
    response: { 200: json('The tokens.', tokens), ...failures },
  };
  app.post('/tokenize', { schema: tokenizing }, async ({ body }) => {
    return { tokens: await inference.tokenize(body.content) };
  });
  const detokenizing = {
    summary: 'Text of tokens',
    tags,
    body: tokens,
    response: { 200: json('The text.', text), ...failures },
  };
  app.post('/detokenize', { schema: detokenizing }, async ({ body }) => {
    return { content: await inference.detokenize(body.tokens) };
  });
}
