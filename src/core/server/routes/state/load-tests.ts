import { createHash } from 'node:crypto';
import { Type } from 'typebox';
import { drainingError, loadTestRunsError } from '../../../base/refusals/queue-refusals.js';
import { notFoundError } from '../../../base/refusals/refusals.js';
import type { LoadFigures, LoadState } from '../../console/load-tests.js';
import type { App, LineContext } from '../../http/context.js';
import { ownUrl } from '../../http/listen.js';
import { pathOf } from '../../http/route-paths.js';
import { errors, json } from '../../schemas/openapi.js';
import { loadRequest, type WireLoadTest } from '../../schemas/state/load-tests.js';
import { queueOf } from './model-queue.js';

const path = '/v1/load-test';

/** Needs no key: browsers open pages without one. Its id cannot be guessed. */
export const loadReportPath = `${path}/reports/:id`;

/** Load tests of this server, started from the console. */
export function loadTestRoutes(app: App, context: LineContext): void {
  const { operations, options, line } = context;
  if (operations === null || options.consolePath === null) return;
  const { loadTests } = operations;
  const tags = ['queue'];

  const starting = {
    summary: 'Put this server under load',
    tags,
    body: loadRequest,
    response: { 202: json('It has begun.', 'LoadTest'), ...errors(400, 401, 403, 404, 408, 413, 415, 503) },
  };
  app.post(path, { schema: starting }, ({ body, log, raw }, reply) => {
    const url = ownUrl(app);
    if (line.snapshot(0).draining || url === null) throw drainingError(1);
    if (loadTests.isRunning) throw loadTestRunsError();
    const { clients, duration_s: durationSeconds, output_tokens: outputTokens, model = null } = body;
    if (model !== null) queueOf(context, model);
    loadTests.begin({ clients, durationSeconds, outputTokens, model }, url);
    log.info({ ...context.keys.askedBy(raw), ...body }, 'load test begins');
    return reply.code(202).send(wireLoadTest(loadTests.state));
  });

  const reading = {
    summary: 'The load test that runs, or the last one',
    tags,
    response: { 200: json('How far it is.', 'LoadTest'), ...errors(401, 403) },
  };
  app.get(path, { schema: reading }, () => wireLoadTest(loadTests.state));

  const stopping = {
    summary: 'End the load test early',
    tags,
    response: { 200: json('What has been measured by now is reported in a moment.', 'LoadTest'), ...errors(401, 403) },
  };
  app.delete(path, { schema: stopping }, () => {
    loadTests.stop();
    return wireLoadTest(loadTests.state);
  });

  const params = Type.Object({ id: Type.String() });
  app.get(loadReportPath, { schema: { hide: true, params } }, ({ params: { id }, method, originalUrl }, reply) => {
    const report = loadTests.report(id);
    if (report === null) throw notFoundError(method, pathOf(originalUrl), null);
    return reply.headers(reportHeaders(report)).type('text/html; charset=utf-8').send(report);
  });
}

function wireLoadTest(state: LoadState): WireLoadTest {
  const object = 'load_test';
  if (state.status === 'none') return { object, status: 'none' };
  const { plan, startedAtMs, figures } = state;
  const started = {
    object,
    clients: plan.clients,
    duration_s: plan.durationSeconds,
    output_tokens: plan.outputTokens,
    model: plan.model,
    started_at_ms: startedAtMs,
    figures: figures === null ? null : wireFigures(figures),
  } as const;
  switch (state.status) {
    case 'running':
    case 'stopping':
      return { ...started, status: state.status };
    case 'completed':
    case 'stopped':
    case 'failed': {
      const { status, problem, reportId } = state;
      return { ...started, status, problem, report: reportId === null ? null : `${path}/reports/${reportId}` };
    }
  }
}

function wireFigures(figures: LoadFigures): Exclude<Extract<WireLoadTest, { figures: unknown }>['figures'], null> {
  return {
    phase: figures.phase,
    elapsed_ms: figures.elapsedMs,
    planned_ms: figures.plannedMs,
    completed: figures.completed,
    in_flight: figures.inFlight,
    failed: figures.failed,
    output_tokens_per_second: figures.outputTokensPerSecond,
    ttft_ms: { p50: figures.ttftP50Ms, p95: figures.ttftP95Ms },
  };
}

/**
 * The report's own styles and its own script are allowed by their digests, and `style` attributes, of which its pictures
 * have many. In the sandbox it has no origin: even if something else ran in it, that could not read what the console keeps.
 */
function reportHeaders(report: string): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    ['script-src', ...digestsOf(report, /<script>([^]*?)<\/script>/g)].join(' '),
    ['style-src-elem', ...digestsOf(report, /<style>([^]*?)<\/style>/g)].join(' '),
    "style-src-attr 'unsafe-inline'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
    'sandbox allow-scripts allow-downloads',
  ].join('; ');
  return {
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
  };
}

function digestsOf(page: string, element: RegExp): readonly string[] {
  const texts = Array.from(page.matchAll(element), ([, text = '']) => text);
  const digests = texts.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`);
  return digests.length === 0 ? ["'none'"] : digests;
}
