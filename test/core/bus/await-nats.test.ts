import { beforeEach, describe, expect, it } from 'vitest';
import { ChatstreamError } from '../../../src/core/base/errors.js';
import { awaitNats } from '../../../src/core/bus/await-nats.js';
import type { Bus } from '../../../src/core/bus/bus.js';
import { parseClusterAddress } from '../../../src/core/bus/cluster-address.js';
import { connectError } from '../../../src/core/bus/connect-error.js';
import { MemoryNetwork } from '../../support/memory-bus.js';
import { until } from '../../support/until.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const coded = (code: string): Error => Object.assign(new Error(code), { code });
const named = (name: string, message: string): Error => Object.assign(new Error(message), { name });
const errorOf = (cause: unknown, url = 'nats://127.0.0.1', credentialsPath: string | null = null): ChatstreamError =>
  connectError({ address: parseClusterAddress(url), credentialsPath }, cause);

describe('a process that starts before NATS', () => {
  let bus: Bus;
  let logged: object[];
  const stopping = new AbortController();
  beforeEach(() => {
    bus = new MemoryNetwork(new VirtualClock(), () => 0.5).connect();
    logged = [];
  });

  /** @param outcomes of the attempts to connect */
  function start(outcomes: (Bus | Error)[], pauseMs = 0): Promise<Bus> {
    const at = (level: string) => (fields: object, msg: string) => void logged.push({ level, ...fields, msg });
    const logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
    const connect = (): Promise<Bus> => {
      const next = outcomes.shift();
      return next === undefined || next instanceof Error ? Promise.reject(next ?? new Error()) : Promise.resolve(next);
    };
    return awaitNats(connect, { logger, stopping: stopping.signal, pauseMs });
  }

  it('waits for it, and says once why', async () => {
    const refused = errorOf(coded('ECONNREFUSED'));
    const started = start([refused, refused, errorOf(coded('ETIMEDOUT')), bus]);
    expect(await started).toBe(bus);
    const waits = { level: 'error', msg: 'waiting for NATS: trying again until it is there' };
    expect(logged).toEqual([
      { ...waits, reason: 'NATS cannot be reached at nats://127.0.0.1:4222: nothing listens there.' },
      { ...waits, reason: 'NATS cannot be reached at nats://127.0.0.1:4222: it does not answer.' },
      { level: 'info', msg: 'connected to NATS' },
    ]);
  });

  it('says nothing if it is there', async () => {
    expect(await start([bus])).toBe(bus);
    expect(logged).toEqual([]);
  });

  it.each([
    ['refuses the user', errorOf(named('AuthorizationError', 'Authorization Violation'))],
    ['has a certificate that is not trusted', errorOf(coded('DEPTH_ZERO_SELF_SIGNED_CERT'))],
    ['wants a certificate', errorOf(named('TimeoutError', 'timeout'))],
    ['is named by a file that is not there', new ChatstreamError('usage', 'No such file.')],
  ])('does not wait if it %s', async (_what, error) => {
    await expect(start([error, bus])).rejects.toBe(error);
  });

  it('stops waiting at a signal', async () => {
    const started = start([errorOf(coded('ECONNREFUSED')), bus], 3_600_000);
    await until(() => logged.length > 0, 'the first attempt');
    stopping.abort(new Error('stopped'));
    await expect(started).rejects.toThrow('stopped');
  });
});

describe('the error of a first connection', () => {
  const violation = named('AuthorizationError', 'Authorization Violation');

  it.each([
    ['nats://127.0.0.1', null, 'clients without credentials', 'nats://USER:PASSWORD@host or nats://TOKEN@host'],
    ['nats://bob:secret@127.0.0.1', null, 'the user bob', 'the user and password in --cluster'],
    ['nats://secret@127.0.0.1', null, 'this token', 'the token in --cluster'],
    ['nats://127.0.0.1', 'a.creds', 'the user of a.creds', 'know the account'],
  ])('says who was refused at %s with the file %s', (url, file, who, hint) => {
    const error = errorOf(violation, url, file);
    expect(error.message).toBe(`NATS at nats://127.0.0.1:4222 refuses ${who}: Authorization Violation.`);
    expect(error.hint).toContain(hint);
    expect(`${error.message}${error.hint ?? ''}`).not.toContain('secret');
  });

  it.each([
    [coded('SELF_SIGNED_CERT_IN_CHAIN'), '--cluster-ca'],
    [named('TimeoutError', 'timeout'), 'with --cluster-cert'],
    [coded('CERT_HAS_EXPIRED'), 'a certificate that is valid'],
    [new Error("server does not support 'tls'"), 'write nats:// instead of tls://'],
  ])('says what to do about TLS: %s', (cause, hint) => {
    const error = errorOf(cause, 'tls://127.0.0.1');
    expect(error.message).toMatch(/^No connection to NATS at tls:\/\/127\.0\.0\.1:4222 is possible: /);
    expect(error.hint).toContain(hint);
  });
});
