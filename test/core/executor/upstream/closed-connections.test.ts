import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../../src/core/base/clock.js';
import { Upstream } from '../../../../src/core/executor/upstream/upstream.js';
import { usualTimes } from '../../../../src/core/executor/upstream/upstream-times.js';
import { type ScriptedExchange, ScriptedHttpServer } from '../../../support/scripted-http-server.js';
import { until } from '../../../support/until.js';

type Script = (exchange: ScriptedExchange) => unknown;

const answer: Script = (exchange) =>
  exchange.answer('200 OK', ['Content-Type: application/json'], '{"choices":[{"text":"Hi"}]}');
const hold: Script = () => undefined;
const ignore = (): void => undefined;

/** An upstream that answers probes, and requests as scripted: those on new connections and those on used ones. */
class Stage {
  readonly #used = new Set<number>();
  readonly ends: string[] = [];
  onNew = answer;
  onUsed = answer;

  private constructor(readonly upstream: Upstream) {}

  static async start(): Promise<Stage> {
    let script: Script = hold;
    const server = await ScriptedHttpServer.start(async (exchange) => {
      if (exchange.head.startsWith('POST')) await script(exchange);
      else await exchange.answer('200 OK', ['Content-Type: application/json'], '{"data":[]}');
    });
    const options = { name: 'gpu', baseUrl: server.url, slots: 9, models: [], key: null };
    const upstream = new Upstream(options, systemClock, { ...usualTimes, probeIntervalMs: 600_000 });
    onTestFinished(async () => {
      await upstream.stop();
      await server.stop();
    });
    await upstream.start();
    const stage = new Stage(upstream);
    script = (exchange) => stage.#receive(exchange);
    return stage;
  }

  #receive(exchange: ScriptedExchange): unknown {
    const script = this.#used.has(exchange.connection) ? this.onUsed : this.onNew;
    this.#used.add(exchange.connection);
    return script(exchange);
  }

  /** Sends requests at once, and waits for that many ends. */
  async send(count: number, ends = count): Promise<void> {
    const request = { model: 'm', path: '/v1/completions', headers: {}, body: '{}' };
    const end = (how: string) => (): void => {
      this.ends.push(how);
    };
    this.ends.length = 0;
    for (let sent = 0; sent < count; sent += 1) {
      this.upstream.run(
        { ...request, isResumable: false, isResumption: false },
        {
          whole: end('whole'),
          begun: ignore,
          data: ignore,
          ended: end('ended'),
          failed: ({ type }) => {
            end(type)();
          },
        },
      );
    }
    await until(() => this.ends.length >= ends, 'the ends');
  }

  /** Has idle connections, and then sends requests on them, whose ends are `broken`. */
  async breakUsed(script: Script): Promise<void> {
    await this.send(6);
    expect(new Set(this.ends)).toEqual(new Set(['whole']));
    this.onUsed = script;
    this.onNew = hold;
    await this.send(6, 3);
    expect(new Set(this.ends)).toEqual(new Set(['broken']));
  }
}

describe('an upstream that closes connections', () => {
  it.each(['close', 'reset'] as const)('while they were idle is not the worse for it: %s', async (how) => {
    const stage = await Stage.start();
    await stage.breakUsed((exchange) => {
      exchange[how]();
    });
    expect(stage.upstream.status).toBe('ready');
  });

  it.each(['close', 'reset'] as const)('when they were new is down: %s', async (how) => {
    const stage = await Stage.start();
    stage.onNew = (exchange) => {
      exchange[how]();
    };
    // Probes have left connections too.
    await stage.send(8);
    expect(stage.upstream.status).toBe('down');
  });

  it('after a while, as if it had worked on the requests, is down', async () => {
    const stage = await Stage.start();
    await stage.breakUsed(async (exchange) => {
      await delay(1100);
      exchange.close();
    });
    expect(stage.upstream.status).toBe('down');
  });

  it('within an answer is down', async () => {
    const stage = await Stage.start();
    await stage.breakUsed(async (exchange) => {
      await exchange.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{');
      exchange.close();
    });
    expect(stage.upstream.status).toBe('down');
  });
});
