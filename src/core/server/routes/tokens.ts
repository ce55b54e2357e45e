import { Type } from 'typebox';
import type { App } from '../app-type.js';
import type { ServerContext } from '../context.js';

const text = Type.Object({ content: Type.String() });
const tokens = Type.Object({ tokens: Type.Array(Type.Integer({ minimum: 0 })) });

export function tokenRoutes(app: App, { inference }: ServerContext): void {
  const tags = ['tokens'];
  app.post('/tokenize', { schema: { summary: 'Tokens of a text', tags, body: text } }, async ({ body }) => {
    return { tokens: await inference.tokenize(body.content) };
  });
  app.post('/detokenize', { schema: { summary: 'Text of tokens', tags, body: tokens } }, async ({ body }) => {
    return { content: await inference.detokenize(body.tokens) };
  });
}
