import type { FastifyReply } from 'fastify';

/** Says what of a request the model does not get: the types of tools, and of calls that a provider has run. */
export const leftOutHeader = 'x-chatstream-left-out';

/** Tells the client what of its request the model does not get. */
export function sendLeftOut(leftOut: readonly { readonly type?: string | null }[], reply: FastifyReply): void {
  const types = new Set(leftOut.map(({ type }) => type ?? ''));
  if (types.size > 0) reply.header(leftOutHeader, [...types].join(', '));
}
