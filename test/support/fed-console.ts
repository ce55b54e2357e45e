import type { Page } from 'playwright-core';

/** An entry of a queue on the wire. */
export type WireEntry = Readonly<Record<string, unknown>>;

const owner = (index: number): WireEntry => ({ key: `client-${index % 7}`, class: 'standard' });

export function runningEntries(count: number, of: (index: number) => WireEntry = owner): readonly WireEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    ...{ id: `running-${index}`, ...of(index), slot: index },
    ...{ prompt_tokens: 40, output_tokens: 5 + index, running_ms: 1000 + index },
  }));
}

export function waitingEntries(count: number, of: (index: number) => WireEntry = owner): readonly WireEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    ...{ id: `waiting-${index}`, ...of(index), waits_for: 'slot', position: index + 1 },
    ...{ waited_ms: 100 * index, eta_ms: 1000 * index },
  }));
}

/** The data of `event: snapshot`, of a server with as many slots as requests run. */
export function snapshotOf(
  running: readonly WireEntry[],
  waiting: readonly WireEntry[],
  status: WireEntry = {},
): WireEntry {
  return {
    ...{ at_ms: Date.now(), max_concurrency: running.length, max_queue: 10_000, slots: running.length },
    ...{ draining: false, preparing: 0, executors: [], lists: 'all', output_tokens: 0 },
    totals: { completed: 0, cancelled: 0, refused: 0, timed_out: 0, failed: 0 },
    ...{ running_count: running.length, waiting_count: waiting.length, ...status, running, waiting },
  };
}

/** Lets the test play the server's part in `GET /v1/queue/events`: what no server on two cores could send. Before `goto`. */
export async function feedQueue(page: Page, snapshot: WireEntry): Promise<void> {
  await page.addInitScript(`{
    const ask = globalThis.fetch;
    const text = (event, data) => new TextEncoder().encode('event: ' + event + '\\ndata: ' + JSON.stringify(data) + '\\n\\n');
    globalThis.fetch = (path, ...rest) => {
      if (path !== 'v1/queue/events') return ask(path, ...rest);
      const start = (controller) => {
        controller.enqueue(text('snapshot', ${JSON.stringify(snapshot)}));
        globalThis.feedChange = (change) => controller.enqueue(text('change', change));
      };
      return Promise.resolve(new Response(new ReadableStream({ start })));
    };
  }`);
}

/** Sends an `event: change` to a page that is fed. */
export async function feedChange(page: Page, change: WireEntry): Promise<void> {
  const data = { at_ms: Date.now(), requests: [], ended: [], hidden: [], status: {}, ...change };
  await page.evaluate(`feedChange(${JSON.stringify(data)})`);
}
