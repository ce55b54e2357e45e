import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isMessagesPath } from '../protocol/messages/messages-errors.js';
import { pathOf } from './route-paths.js';

const wellFormed = /^[\w.:-]{1,128}$/;

/** The client's own id of a request if it has a usable one, otherwise a new one. */
export function requestId(given: string | string[] | undefined): string {
  return typeof given === 'string' && wellFormed.test(given) ? given : randomUUID();
}

/** Anthropic's clients look for the id under a separate name. */
export function sendRequestId({ id, url }: FastifyRequest, reply: FastifyReply): void {
  reply.header('x-request-id', id);
  if (isMessagesPath(pathOf(url))) reply.header('request-id', id);
}
