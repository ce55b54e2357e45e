import type { FastifyReply } from 'fastify';

/** From now on the answer is written to the response itself; headers that Fastify's hooks have set are kept. */
export function takeOver(reply: FastifyReply): void {
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
}
