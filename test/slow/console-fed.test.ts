import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, hasChromium, needsChromium, startBrowser } from '../support/browser.js';
import { type ConsolePage, openConsole } from '../support/console-page.js';
import {
  feedChange,
  feedQueue,
  runningEntries,
  snapshotOf,
  waitingEntries,
  type WireEntry,
} from '../support/fed-console.js';
import { type ServerProcess, startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

describe.skipIf(!hasChromium())(`the queue of the console, of many requests and of many kinds ${needsChromium}`, () => {
  let browser: Browser;
  let server: ServerProcess;

  beforeAll(async () => {
    browser = await startBrowser();
    server = await startServer(['--engine', 'mock']);
  });
  afterAll(async () => {
    await browser.close();
    await server.stop('SIGKILL');
  });

  function open(snapshot: WireEntry, size = { width: 1440, height: 900 }): Promise<ConsolePage> {
    return openConsole(browser, server.url, '#/queue', { size, prepare: (page) => feedQueue(page, snapshot) });
  }

  it('draws no place as free that may be taken by a request that is not listed', async () => {
    const listed = runningEntries(100);
    const { page, close } = await open(
      snapshotOf(listed, [], { running_count: 120, max_concurrency: 130, slots: 130 }),
      { width: 1920, height: 1080 },
    );
    await page.locator('[data-state=running]').nth(99).waitFor();
    expect(await page.locator('.queue-places').getByText('free').count()).toBe(0);
    expect(await page.locator('.queue-rest').innerText()).toBe('+20');
    await close();
  });

  it('says of places at nodes that another front may use them', async () => {
    const at = { max_concurrency: 4, slots: 4, slots_at: 'nodes' };
    const { page, close } = await open(snapshotOf(runningEntries(1), [], at));
    await page.locator('[data-state=running]').waitFor();
    expect(await page.locator('.queue-place').allInnerTexts()).toEqual(Array(3).fill('free, or used at another front'));
    await close();
  });

  it.each([
    { on: 'desk', most: 100, size: { width: 1440, height: 900 } },
    { on: 'phone', most: 100, size: { width: 360, height: 740 } },
    { on: '4k', most: 100, size: { width: 3840, height: 2160 } },
    // More than the server lists.
    { on: 'desk-all', most: 5000, size: { width: 1440, height: 900 } },
  ])('counts 500 that run and 5,000 that wait, and answers clicks: $on', async ({ on, most, size }) => {
    const running = runningEntries(Math.min(500, most));
    const counts = { running_count: 500, waiting_count: 5000, max_concurrency: 500, slots: 500 };
    const { page, close } = await open(snapshotOf(running, waitingEntries(most), counts), size);
    await page.getByRole('region', { name: 'Waiting' }).getByText('5,000', { exact: true }).waitFor();
    await page.getByRole('region', { name: 'Running' }).getByText('500', { exact: true }).first().waitFor();
    const shown = (state: string): Promise<number> => page.locator(`[data-state=${state}]`).count();
    // The page is arranged once more when it knows how large it is.
    await until(async () => {
      const rest = [await page.locator('.queue-more').innerText(), await page.locator('.queue-rest').innerText()];
      const waiting = (5000 - (await shown('waiting'))).toLocaleString('en');
      return rest.join() === `and ${waiting} more,+${500 - (await shown('running'))}`;
    }, 'the counts of what is not shown');
    expect(await page.evaluate(overflow)).toBe(0);

    // Every request moves on, and still a click is answered.
    for (let tokens = 1; tokens <= 10; tokens += 1) {
      const requests = running.map((entry, index) => ({
        ...entry,
        state: 'running',
        output_tokens: tokens * 10 + index,
      }));
      await feedChange(page, { requests, status: { waiting_count: 5000 - tokens } });
    }
    await page.getByRole('region', { name: 'Waiting' }).getByText('4,990', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'JA' }).click();
    await page.getByRole('heading', { name: '待機中' }).waitFor();
    await page.getByRole('button', { name: 'EN' }).click();
    await browser.keepPicture(page, `console-many-${on}`);
    // What is drawn is bounded by the window, and not by how many there are.
    expect(await page.evaluate('document.querySelectorAll("*").length')).toBeLessThan(2500);
    expect(await page.evaluate(overflow)).toBe(0);
    await close();
  });

  const model = (name: string): WireEntry => ({
    ...{ name, state: 'loaded', eta_ms: null, max_concurrency: 4, max_queue: 64, slots: 4 },
    ...{ running: 2, waiting: 1, preparing: 0 },
  });
  const executor = (name: string, status = 'ready'): WireEntry => ({
    ...{ name, kind: 'mock', status, places: 4, running: 2 },
  });
  const kinds = (index: number): WireEntry => ({
    ...{ key: `client-${index}`, class: index % 2 === 0 ? 'interactive' : 'batch' },
    ...{ model: index < 2 ? 'chat' : 'code', executor: `node-${(index % 2) + 1}` },
  });

  it('shows who generates for several models, with the class, the slot and the executor of each request', async () => {
    const snapshot = snapshotOf(runningEntries(4, kinds), waitingEntries(2, kinds), {
      models: [model('chat'), model('code')],
      executors: [executor('node-1'), executor('node-2', 'down')],
    });
    const { page, close } = await open(snapshot);
    const servers = page.getByRole('list', { name: 'Servers and engines' });
    expect(await servers.locator('[data-executor=node-2]').innerText()).toMatch(/2 of 4\s+down/);
    await servers.locator('[data-executor=node-1]').waitFor();
    await page.getByRole('list', { name: 'Models' }).locator('[data-model=chat]').waitFor();
    const card = page.locator('[data-request=running-1]');
    expect(await card.locator('.queue-prompt').innerText()).toBe('chat · batch · prompt 40');
    expect(await card.locator('.queue-slot').innerText()).toBe('slot 1 · node-2');
    expect(await page.evaluate(overflow)).toBe(0);
    await browser.keepPicture(page, 'console-kinds');
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await page.evaluate(overflow)).toBe(0);
    await page.emulateMedia({ colorScheme: 'dark' });
    await browser.keepPicture(page, 'console-kinds-phone-dark');
    await close();
  });

  it.each([{ width: 1440 }, { width: 768 }, { width: 360 }])(
    'keeps long names of models and keys apart from what is beside and below them: $width px',
    async ({ width }) => {
      const long = 'Qwen2.5-Coder-32B-Instruct-Q4_K_M-00001-of-00002';
      const owner = (index: number): WireEntry => ({
        ...{ key: `the-team-that-searches-in-${long}`, class: index % 2 === 0 ? 'interactive' : 'batch' },
        model: index < 2 ? long : 'small',
      });
      const loading = { ...model(long), state: 'loading', eta_ms: 65_000, preparing: 3 };
      const models = { models: [loading, { ...model('small'), state: 'loading', eta_ms: 4000 }] };
      const snapshot = snapshotOf(runningEntries(2, owner), waitingEntries(4, owner), models);
      const { page, close } = await open(snapshot, { width, height: 900 });
      await page.locator('[data-state=waiting]').nth(3).waitFor();
      const covered = await page.evaluate<readonly string[]>(`(() => {
        const box = (element) => element.getBoundingClientRect();
        const meet = (one, other) =>
          box(one).right > box(other).left && box(one).bottom > box(other).top + 1 && box(other).bottom > box(one).top + 1;
        const status = [...document.querySelectorAll('.queue-models .queue-executor-status')];
        const names = status.filter((each) => meet(each.parentElement.querySelector('strong'), each));
        const headings = [...document.querySelectorAll('.queue-line h3')];
        const cut = headings.filter((each) => each.scrollHeight > each.clientHeight || each.scrollWidth > each.clientWidth);
        return [...names, ...cut].map(({ textContent }) => textContent);
      })()`);
      expect(covered).toEqual([]);
      expect(await page.evaluate(overflow)).toBe(0);
      await browser.keepPicture(page, `console-long-names-${width}`);
      // What is cut with an ellipsis can be read where it is pointed at.
      const untitled = await page.evaluate<readonly string[]>(`[...document.querySelectorAll('main *')]
        .filter((each) => getComputedStyle(each).textOverflow === 'ellipsis' && each.scrollWidth > each.clientWidth)
        .filter(({ title, textContent }) => title !== textContent)
        .map(({ textContent }) => textContent)`);
      expect(untitled).toEqual([]);
      await close();
    },
  );

  it('shows the class of what has ended, if there are several, in both languages', async () => {
    const { page, close } = await open(snapshotOf(runningEntries(4, kinds), []), { width: 1200, height: 800 });
    await page.locator('[data-state=running]').nth(3).waitFor();
    const ended = [0, 1].map((index) => ({ id: `running-${index}`, outcome: 'completed', output_tokens: 20 + index }));
    await feedChange(page, { ended, status: { running_count: 2 } });
    const classes = page.locator('[data-state=ended] .queue-owner-class');
    await classes.nth(1).waitFor();
    expect(await classes.allInnerTexts()).toEqual(['batch', 'interactive']);
    await browser.keepPicture(page, 'console-ended-classes');
    await page.getByRole('button', { name: 'JA' }).click();
    await page.getByRole('heading', { name: '終了' }).waitFor();
    expect(await classes.allInnerTexts()).toEqual(['バッチ', '対話']);
    await browser.keepPicture(page, 'console-ended-classes-ja');
    expect(await page.evaluate(overflow)).toBe(0);
    await page.getByRole('button', { name: 'EN' }).click();
    await close();
  });

  it('shows no class of what has ended if all have the same', async () => {
    const { page, close } = await open(snapshotOf(runningEntries(2), []));
    await page.locator('[data-state=running]').nth(1).waitFor();
    await feedChange(page, { ended: [{ id: 'running-0', outcome: 'completed', output_tokens: 20 }] });
    await page.locator('[data-state=ended] .queue-key-name').waitFor();
    expect(await page.locator('.queue-owner-class').count()).toBe(0);
    await close();
  });

  it('shows the engine of a model with the model, and not once more', async () => {
    const snapshot = snapshotOf(runningEntries(1), [], {
      models: [model('chat'), model('code')],
      executors: [executor('chat'), executor('code', 'down')],
    });
    const { page, close } = await open(snapshot);
    await page.getByRole('list', { name: 'Models' }).locator('[data-model=code]').getByText('down').waitFor();
    expect(await page.getByRole('list', { name: 'Servers and engines' }).count()).toBe(0);
    await close();
  });

  it.each([
    { of: 'one model', models: [] },
    { of: 'several models', models: [model('chat'), model('code')] },
  ])('shows those who may not turn limits only their numbers: $of', async ({ models }) => {
    const may = { models, max_concurrency: 4, slots: 4 };
    const { page, close } = await open(snapshotOf(runningEntries(1), [], { ...may, may_turn: false }));
    await page.locator('[data-state=running]').waitFor();
    expect(await page.getByRole('spinbutton').count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Try a load' }).count()).toBe(0);
    await close();
    const operator = await open(snapshotOf(runningEntries(1), [], { ...may, may_turn: true }));
    await operator.page.getByRole('spinbutton').first().waitFor();
    await operator.page.getByRole('button', { name: 'Try a load' }).waitFor();
    await operator.close();
  });

  it.each([
    { motion: 'no-preference', moves: true },
    { motion: 'reduce', moves: false },
  ] as const)('moves cards unless the system asks for reduced motion: $motion', async ({ motion, moves }) => {
    const watchMoves = `{
      const { animate } = Element.prototype;
      globalThis.moves = 0;
      Element.prototype.animate = function (...how) {
        globalThis.moves += 1;
        return animate.apply(this, how);
      };
    }`;
    const snapshot = snapshotOf(runningEntries(1), waitingEntries(2), { max_concurrency: 2, slots: 2 });
    const { page, close } = await openConsole(browser, server.url, '#/queue', {
      prepare: async (fresh) => {
        await fresh.emulateMedia({ reducedMotion: motion });
        await fresh.addInitScript(watchMoves);
        await feedQueue(fresh, snapshot);
      },
    });
    await page.locator('[data-state=waiting]').nth(1).waitFor();
    await page.evaluate('globalThis.moves = 0');
    const [started] = runningEntries(1);
    await feedChange(page, { requests: [{ state: 'running', ...started, id: 'waiting-0', slot: 1 }] });
    await page.locator('[data-request=waiting-0][data-state=running]').waitFor();
    expect(Number(await page.evaluate('globalThis.moves')) > 0).toBe(moves);
    await close();
  });

  it('says large numbers in Japanese as Japanese does', async () => {
    const { page, close } = await open(snapshotOf(runningEntries(1), [], { waiting_count: 12_345 }));
    await page.getByText('12.3K', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'JA' }).click();
    await page.getByText('1.23万', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'EN' }).click();
    await close();
  });
});
