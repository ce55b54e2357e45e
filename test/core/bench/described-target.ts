import type { Target } from '../../../src/core/bench/target/target.js';

/** A server that is described, and never asked for anything. */
export const describedTarget: Target = {
  description: { url: 'http://192.0.2.1:8080', server: 'unknown', model: 'm', engine: null, settings: {} },
  requestsUrl: 'http://192.0.2.1:8080/v1/chat/completions',
  transport: { socketPath: null, trust: { ca: null, insecure: false } },
  headers: {},
  ignoresEos: true,
  sendsRunningUsage: false,
  queue: null,
  queues: null,
  readCounters: () => Promise.resolve(null),
  whyGone: () => Promise.resolve(null),
  close: () => Promise.resolve(null),
};
