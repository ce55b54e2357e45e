import type { Endpoint } from '../../../measurement/workload/endpoints.js';
import { chatProtocol } from './chat-protocol.js';
import { embeddingsProtocol } from './embeddings-protocol.js';
import { messagesProtocol } from './messages-protocol.js';
import type { Protocol } from './protocol.js';
import { responsesProtocol } from './responses-protocol.js';

const protocols: Readonly<Record<Endpoint, Protocol>> = {
  chat: chatProtocol,
  completions: chatProtocol,
  responses: responsesProtocol,
  messages: messagesProtocol,
  embeddings: embeddingsProtocol,
};

export function protocolOf(endpoint: Endpoint): Protocol {
  return protocols[endpoint];
}
