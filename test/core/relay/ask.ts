import { asChatstreamError, type ChatstreamError } from '../../../src/core/base/errors.js';
import type { RelayRequest } from '../../../src/core/relay/jobs/relay-request.js';
import type { Relay } from '../../../src/core/relay/relay.js';

/** A request, and what its client has heard. */
export interface Asked {
  readonly heard: readonly string[];
  /** How often it was told that its answer is over. */
  readonly ends: number;
  readonly error: ChatstreamError | null;
  readonly hasLeft: () => boolean;
  readonly leave: () => void;
}

let count = 0;

export function ask(relay: Relay, model: string | null, more: Partial<RelayRequest> = {}): Asked {
  count += 1;
  const client = new AbortController();
  const heard: string[] = [];
  const asked = {
    heard,
    ends: 0,
    error: null as ChatstreamError | null,
    hasLeft: () => client.signal.aborted,
    leave: () => {
      client.abort();
    },
  };
  const end = (what: string): void => {
    heard.push(what);
    asked.ends += 1;
  };
  const failed = (error: ChatstreamError): void => {
    asked.error = error;
    end(error.code);
  };
  const request: RelayRequest = {
    ...{ id: `request-${count}`, trafficClass: 'standard', model, path: '/v1/chat/completions', headers: {} },
    isResumable: false,
    ...{ body: '{}', bodyFor: (name) => JSON.stringify({ model: name }), promptTokens: 10, maxTokens: 10 },
    ...more,
  };
  const listener = {
    started: () => {
      heard.push('started');
    },
    whole: () => {
      end('whole');
    },
    begun: (executor: string) => {
      heard.push(`begun at ${executor}`);
    },
    data: () => {
      heard.push('data');
    },
    ended: () => {
      end('ended');
    },
    failed,
  };
  try {
    relay.submit(request, listener, client.signal);
  } catch (error) {
    failed(asChatstreamError(error));
  }
  return asked;
}
