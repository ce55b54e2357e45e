import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleAt } from '../console/charts/samples.js';
import { type Browser, hasChromium, needsChromium, startBrowser } from '../support/browser.js';
import { type ConsolePage, openConsole } from '../support/console-page.js';
import { type ServerProcess, startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

const sampleCount = 180;
const first = Date.UTC(2026, 0, 1);

describe.skipIf(!hasChromium())(`the moment that is looked at in the charts of the console ${needsChromium}`, () => {
  let browser: Browser;
  let server: ServerProcess;
  let polls: number;

  beforeAll(async () => {
    browser = await startBrowser();
    server = await startServer(['--engine', 'mock']);
  });
  afterAll(async () => {
    await browser.close();
    await server.stop('SIGKILL');
  });

  /** Opens the charts of a server that forgets a sample for a new one with every poll, five times a second. */
  async function open(): Promise<ConsolePage> {
    polls = 0;
    const prepare = async (page: Page): Promise<void> => {
      await page.route('**/v1/history', (route) => {
        polls += 1;
        const samples = Array.from({ length: sampleCount }, (_, index) => sampleAt(first + (polls + index) * 5000));
        return route.fulfill({ json: { object: 'history', interval_s: 0.2, samples } });
      });
    };
    const opened = await openConsole(browser, server.url, '#/charts', { prepare });
    await opened.page.locator('figure canvas').nth(8).waitFor();
    return opened;
  }

  async function someSamplesLater(): Promise<void> {
    const before = polls;
    await until(() => polls >= before + 4, 'four more samples');
  }

  const timeShown = (page: Page): Promise<string | null> =>
    page.getByRole('slider', { name: 'Time shown' }).getAttribute('aria-valuetext');

  /** How far the cursor of a chart is from the sample that the slider is at, in pixels. */
  const cursorError = (page: Page): Promise<number> =>
    page.evaluate(`(() => {
      const { value, max } = document.querySelector('.charts-bar input');
      const cursor = document.querySelector('[data-panel=cpu] .u-cursor-x');
      const { width } = cursor.parentElement.getBoundingClientRect();
      const x = new DOMMatrix(getComputedStyle(cursor).transform).m41;
      return Math.abs(x - width * (1 - ((max - value) * 5) / 900));
    })()`);

  async function staysAsSamplesCome(page: Page): Promise<void> {
    const before = await timeShown(page);
    expect(before).toMatch(/^At \d\d:\d\d:\d\d$/);
    await someSamplesLater();
    expect(await timeShown(page)).toBe(before);
    await until(async () => (await cursorError(page)) <= 1, 'the cursor at its sample');
  }

  it('stays as it was chosen with the slider', async () => {
    const { page, close } = await open();
    await page.getByRole('slider', { name: 'Time shown' }).fill('100');
    await staysAsSamplesCome(page);
    await close();
  });

  it('stays as it was chosen by pointing, until the pointer leaves', async () => {
    const { page, close } = await open();
    await page.locator('[data-panel=requests] .u-over').hover();
    await staysAsSamplesCome(page);
    await page.getByRole('heading', { level: 1 }).hover();
    await until(async () => (await timeShown(page)) === 'Now', 'the newest sample');
    await close();
  });

  it('stays when the charts are drawn in another size, in other colours or in another language', async () => {
    const { page, close } = await open();
    await page.getByRole('slider', { name: 'Time shown' }).fill('100');
    const before = await timeShown(page);
    await page.setViewportSize({ width: 1000, height: 800 });
    await someSamplesLater();
    expect(await timeShown(page)).toBe(before);
    await page.emulateMedia({ colorScheme: 'dark' });
    await someSamplesLater();
    expect(await timeShown(page)).toBe(before);
    for (const language of ['JA', 'EN']) {
      await page.getByRole('button', { name: language }).click();
      await someSamplesLater();
    }
    expect(await timeShown(page)).toBe(before);
    await staysAsSamplesCome(page);
    await close();
  });

  it('does not say of a server that is gone that it has just started', async () => {
    const empty = { object: 'history', interval_s: 0.2, samples: [] };
    let isGone = false;
    const prepare = async (page: Page): Promise<void> => {
      await page.route('**/v1/history', (route) => (isGone ? route.abort() : route.fulfill({ json: empty })));
    };
    const { page, close } = await openConsole(browser, server.url, '#/charts', { prepare, expectsRefusals: true });
    const text = page.getByText('The server has just started.');
    await text.waitFor();
    isGone = true;
    await page.getByText('The connection to the server was lost.').waitFor();
    await text.waitFor({ state: 'detached' });
    await close();
  });
});
