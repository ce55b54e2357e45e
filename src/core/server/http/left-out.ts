import type { FastifyReply } from 'fastify';
import { leftOutTools } from '../protocol/requests/hosted-tools.js';

/** Says which tools of a request the model does not get: their types. */
export const leftOutHeader = 'x-chatstream-left-out';

/** Tells the client which of its tools the model does not get. */
export function sendLeftOut(
  tools: readonly { readonly type?: string | null }[] | null | undefined,
  reply: FastifyReply,
): void {
  const types = new Set([...leftOutTools(tools ?? [])].map(({ type }) => type ?? ''));
  if (types.size > 0) reply.header(leftOutHeader, [...types].join(', '));
}
