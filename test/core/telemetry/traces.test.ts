import { describe, expect, it } from 'vitest';
import type { Logger } from '../../../src/core/base/logger.js';
import { tracesUrl } from '../../../src/core/telemetry/otlp-url.js';
import { TraceExporter } from '../../../src/core/telemetry/trace-exporter.js';
import { spansOf } from '../../../src/core/telemetry/trace-spans.js';
import { chat, type TestApp, testApp, until } from '../../support/app.js';
import { spansIn, traceCollector } from '../../support/trace-collector.js';

interface Line {
  readonly text: string;
  readonly fields: unknown;
}

function loggerTo(lines: Line[]): Logger {
  const log = (fields: unknown, text = ''): void => void lines.push({ text, fields });
  return { debug: log, info: log, warn: log, error: log };
}

function exporter(made: TestApp, url: string, lines: Line[] = []): TraceExporter {
  return new TraceExporter(made.inference, { url, version: '1.2.3', clock: made.clock, logger: loggerTo(lines) });
}

function lengthMs(span: Readonly<Record<string, unknown>> | undefined): number {
  return (
    Number((BigInt(String(span?.['endTimeUnixNano'])) - BigInt(String(span?.['startTimeUnixNano']))) / 1000n) / 1000
  );
}

describe('traces', () => {
  it('show how long a request waited, prefilled and decoded', async () => {
    const made = await testApp({ queue: { maxConcurrency: 1 } });
    const { url, sent } = await traceCollector();
    const traces = exporter(made, url);
    const body = chat('hi', { max_tokens: 4 });
    const both = [made.ask('/v1/chat/completions', body), made.ask('/v1/chat/completions', body)];
    await until(() => made.inference.waiting === 1);
    await made.flyUntil(Promise.all(both));
    await traces.stop();
    const spans = spansIn(sent);
    expect(spans.map(({ name }) => name)).toEqual([
      ...['request', 'prefill', 'decode'],
      ...['request', 'wait', 'prefill', 'decode'],
    ]);
    const [request, wait, prefill, decode] = spans.slice(3);
    expect([request, wait, prefill, decode].map(lengthMs)).toEqual([100, 50, 20, 30]);
    expect(new Set(spans.slice(3).map(({ traceId }) => traceId)).size).toBe(1);
    expect(wait?.['parentSpanId']).toBe(request?.['spanId']);
    expect(request).toMatchObject({
      kind: 2,
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      spanId: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
      status: { code: 0 },
    });
    expect(request?.['attributes']).toContainEqual({ key: 'gen_ai.usage.output_tokens', value: { intValue: '4' } });
    expect(JSON.stringify(sent[0])).toContain('"service.name","value":{"stringValue":"chatstream"}');
  });

  it('end a decode that was cut off with its last token', () => {
    const timings = { queueMs: 50, prefillMs: 20, decodeMs: 30, idleMs: 60_000 };
    const spans = spansOf(
      {
        ...{ type: 'settled', id: 'a', requestId: null, key: null, outcome: 'failed', error: null },
        timings: { ...timings, promptTokens: 5, cachedTokens: 0, outputTokens: 4, reasoningTokens: 0 },
        sinceArrivalMs: 60_100,
      },
      1_700_000_060_100,
    );
    const fromMs = (nanos: string): number => Number(BigInt(nanos) / 1_000_000n) - 1_700_000_000_000;
    const times = spans.map(({ name, startTimeUnixNano: start, endTimeUnixNano: end }) => [
      name,
      fromMs(start),
      fromMs(end),
    ]);
    expect(times).toEqual([
      ['request', 0, 60_100],
      ['wait', 0, 50],
      ['prefill', 50, 70],
      ['decode', 70, 100],
    ]);
  });

  it('mark requests that got no answer as errors', async () => {
    const made = await testApp({ queue: { maxConcurrency: 1, maxQueue: 0 }, engine: { reply: 'long' } });
    const { url, sent } = await traceCollector();
    const traces = exporter(made, url);
    void made.ask('/v1/chat/completions', chat('hi', { max_tokens: 400 }));
    await until(() => made.inference.running === 1);
    await made.ask('/v1/chat/completions', chat('hi'));
    await traces.stop();
    const [request, ...others] = spansIn(sent);
    expect(request).toMatchObject({ name: 'request', status: { code: 2 } });
    expect(request?.['attributes']).toContainEqual({ key: 'error.type', value: { stringValue: 'queue_full' } });
    expect(others).toEqual([]);
  });

  it('are sent together every five seconds, and dropped if nobody takes them', async () => {
    const made = await testApp();
    const kept = await traceCollector();
    const lines: Line[] = [];
    exporter(made, kept.url, lines);
    const ask = (): Promise<unknown> => made.post('/v1/chat/completions', chat('hi', { max_tokens: 1 }));
    kept.status = 503;
    await ask();
    await ask();
    await made.clock.advanceAsync(5000);
    await until(() => lines.length === 1);
    expect(kept.sent).toHaveLength(1);
    kept.status = 200;
    await ask();
    await made.clock.advanceAsync(5000);
    await until(() => lines.length === 2);
    expect(lines).toEqual([
      { text: 'traces cannot be delivered and are dropped', fields: { reason: 'the collector answers with 503' } },
      { text: 'traces are delivered again', fields: { dropped_traces: 2 } },
    ]);
    expect(spansIn(kept.sent).filter(({ name }) => name === 'request')).toHaveLength(3);
  });

  it('are dropped if they come faster than they are taken, with a warning', async () => {
    const made = await testApp();
    const collector = await traceCollector();
    const lines: Line[] = [];
    const traces = new TraceExporter(made.inference, {
      ...{ url: collector.url, version: '1.2.3', clock: made.clock, mostSpans: 5 },
      logger: loggerTo(lines),
    });
    // Each has a span for the request and one for its prefill.
    for (let request = 0; request < 5; request += 1) {
      await made.post('/v1/chat/completions', chat('hi', { max_tokens: 1 }));
    }
    await traces.stop();
    expect(spansIn(collector.sent).filter(({ name }) => name === 'request')).toHaveLength(3);
    expect(lines).toEqual([{ text: 'traces came faster than they could be delivered', fields: { dropped_traces: 2 } }]);
  });

  it('are all sent before the exporter has stopped, however many deliveries are under way', async () => {
    const made = await testApp();
    const collector = await traceCollector();
    let answer = (): void => undefined;
    collector.ready = new Promise((resolve) => (answer = resolve));
    const traces = exporter(made, collector.url);
    const ask = (): Promise<unknown> => made.post('/v1/chat/completions', chat('hi', { max_tokens: 1 }));
    await ask();
    await made.clock.advanceAsync(5000);
    await until(() => collector.sent.length === 1);
    await ask();
    await made.clock.advanceAsync(5000);
    const stopped = traces.stop();
    answer();
    await stopped;
    expect(spansIn(collector.sent).filter(({ name }) => name === 'request')).toHaveLength(2);
  });
});

describe('the URL of --otlp', () => {
  it.each([
    ['http://127.0.0.1:4318', 'http://127.0.0.1:4318/v1/traces'],
    ['https://collector.example/otlp/', 'https://collector.example/otlp/v1/traces'],
    ['http://127.0.0.1:4318/v1/traces', 'http://127.0.0.1:4318/v1/traces'],
  ])('%s means %s', (given, meant) => {
    expect(tracesUrl(given)).toBe(meant);
  });

  it.each(['collector:4317', 'ftp://a.example', 'http://me:secret@a.example', ''])('is not "%s"', (given) => {
    expect(() => tracesUrl(given)).toThrow(/--otlp must be an http or https URL/);
    expect(() => tracesUrl(given)).not.toThrow(/secret/);
  });
});
