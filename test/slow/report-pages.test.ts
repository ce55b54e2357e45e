import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, hasChromium, needsChromium, startBrowser } from '../support/browser.js';
import { writeMeasuredAgain } from '../support/measured-again.js';
import { startServer } from '../support/server-process.js';

const binary = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
const run = promisify(execFile);

const screens = [1200, 900, 400].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
);
/** The headings of tables that are wider than the room that they have, folded ones as well. */
const cutTables = `(() => {
  const closed = [...document.querySelectorAll('details:not([open])')];
  for (const details of closed) details.open = true;
  const cut = [...document.querySelectorAll('.scroll')].filter((scroll) => scroll.scrollWidth > scroll.clientWidth);
  const headings = cut.map((scroll) => scroll.querySelector('thead').textContent);
  for (const details of closed) details.open = false;
  return headings;
})()`;
const pages = ['sweep', 'comparison', 'search', 'versus', 'stages', 'tenants'] as const;

describe.skipIf(!hasChromium())(`pages of reports in a browser ${needsChromium}`, () => {
  let folder: string;
  let browser: Browser;

  const at = (name: string): string => join(folder, name);
  const chatstream = async (...args: readonly string[]): Promise<void> => {
    await run(process.execPath, [binary, ...args], { cwd: folder, env: { ...process.env, NO_COLOR: '1' } });
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chatstream-pages-'));
    browser = await startBrowser();
    const mock = ['--engine', 'mock', '--mock-prefill', '10ms', '--mock-token', '2ms', '--output-tokens', '16'];
    const objective = ['--slo', 'ttft.p95<200ms'];
    const sweep = async (): Promise<void> => {
      const load = ['-c', '4', '-n', '1,2', '-d', '2s', '--warmup', '200ms', '--trials', '3'];
      await chatstream('bench', ...mock, ...load, ...objective, '-o', 'sweep.json', '-o', 'sweep.html');
      const limits = ['--fail-on', 'ttft.p95>10%', '--fail-on', 'output_tokens_per_second<5%'];
      writeMeasuredAgain(at('sweep.json'), at('again.json'));
      await chatstream('compare', 'sweep.json', 'again.json', ...limits, '-o', 'comparison.html');
      const stages = ['--stages', '5@2s,20@2s,5@2s', '--warmup', '200ms'];
      await chatstream('bench', ...mock, ...stages, '-n', '2', ...objective, '-o', 'stages.html');
    };
    const search = async (): Promise<void> => {
      const objectives = ['--find-max', 'ttft_from_schedule.p95<100ms,e2e.p95<2s'];
      const load = [...objectives, '-n', '2', '-d', '1s', '--warmup', '200ms'];
      await chatstream('bench', ...mock, ...load, '--max-duration', '20s', '-o', 'search.html');
    };
    const versus = async (): Promise<void> => {
      const servers = await Promise.all([1, 2].map(() => startServer([...mock.slice(0, 6), '-n', '2'])));
      const [url = '', baselineUrl = ''] = servers.map((server) => server.url);
      const alternately = ['-c', '2', '-d', '2s', '--warmup', '200ms', '--trials', '3', '--output-tokens', '16'];
      const other = ['-u', url, '--versus', baselineUrl, '--fail-on', 'ttft.p95>500%'];
      await chatstream('bench', ...other, ...alternately, '-o', 'versus.html');
      const tenants = ['anna', 'ben'].map((name, index) => ({ name, clients: 2 + 2 * index, 'input-tokens': 16 }));
      await writeFile(at('tenants.json'), JSON.stringify({ tenants }));
      const together = ['--tenants', 'tenants.json', '-n', '2', '-d', '3s', '--warmup', '200ms'];
      await chatstream('bench', ...mock, ...together, ...objective, '-o', 'tenants.html');
    };
    // What they measure does not matter: they mostly wait, so they may do so at the same time.
    await Promise.all([sweep(), search(), versus()]);
  }, 180_000);
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  /** Opens a page, and collects what must not happen on it. */
  async function open(name: string, screen: (typeof screens)[number]): Promise<{ page: Page; problems: string[] }> {
    const page = await browser.context.newPage();
    const problems: string[] = [];
    const url = pathToFileURL(at(`${name}.html`)).href;
    page.on('console', (message) => problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('request', (request) => {
      if (request.url() !== url) problems.push(`asked for ${request.url()}`);
    });
    await page.setViewportSize({ width: screen.width, height: 900 });
    await page.emulateMedia({ colorScheme: screen.colorScheme });
    await page.goto(url);
    return { page, problems };
  }

  describe.each(pages)('%s.html', (name) => {
    it.each(screens)('fits on $width pixels, in $colorScheme mode', async (screen) => {
      const { page, problems } = await open(name, screen);
      const isTooWide = 'document.documentElement.scrollWidth > document.documentElement.clientWidth';
      expect(await page.evaluate(isTooWide)).toBe(false);
      expect(await page.evaluate(cutTables), 'headings of tables that are cut').toEqual([]);
      // Texts that are cut off or too small to read, of the pictures that are shown.
      const fontSizes = await page.evaluate(`[...document.querySelectorAll('.layout svg text')]
        .filter((text) => text.getBoundingClientRect().width > 0)
        .map((text) => parseFloat(getComputedStyle(text).fontSize) *
          text.ownerSVGElement.getBoundingClientRect().width / text.ownerSVGElement.viewBox.baseVal.width)`);
      expect(Array.isArray(fontSizes) ? Math.min(...fontSizes.map(Number)) : 0).toBeGreaterThanOrEqual(10);
      expect(problems).toEqual([]);
      await browser.keepPicture(page, `${name}-${screen.width}-${screen.colorScheme}`);
      await page.close();
    });

    it('shows the values of every figure with the keyboard, and those at the pointer', async () => {
      const { page, problems } = await open(name, { width: 1200, colorScheme: 'light' });
      await page.evaluate(`for (const details of document.querySelectorAll('details')) details.open = true;`);
      const figures = await page.locator('figure.chart:visible').all();
      expect(figures.length).toBeGreaterThan(2);
      for (const figure of figures) {
        await figure.focus();
        await page.keyboard.press('End');
        const last = await figure.locator('.tip').innerText();
        await page.keyboard.press('Home');
        const first = await figure.locator('.tip').innerText();
        expect(first).toMatch(/\d/);
        expect(last).toMatch(/\d/);
        await page.keyboard.press('Escape');
        expect(await figure.locator('.tip').isVisible()).toBe(false);
        await figure.locator('.layout.wide svg').first().hover();
        expect(await figure.locator('.tip').isVisible()).toBe(true);
      }
      expect(problems).toEqual([]);
      await page.close();
    });
  });

  it('folds what lies below the answer of a search, and prints all of it', async () => {
    const { page } = await open('search', { width: 1200, colorScheme: 'light' });
    const all = await page.locator('details').count();
    const closed = page.locator('details:not([open])');
    expect(all).toBeGreaterThan(3);
    expect(await closed.count()).toBe(all);
    await page.evaluate(`dispatchEvent(new Event('beforeprint'))`);
    expect(await closed.count()).toBe(0);
    await page.evaluate(`dispatchEvent(new Event('afterprint'))`);
    expect(await closed.count()).toBe(all);
    await page.close();
  });

  it('shows the verdict of every figure of a comparison on a narrow screen, without scrolling', async () => {
    const { page } = await open('comparison', { width: 400, colorScheme: 'light' });
    await page.getByText('All figures').click();
    const verdicts = await page.locator('.cards td.verdict').all();
    expect(verdicts.length).toBeGreaterThan(2);
    for (const verdict of verdicts) {
      const box = await verdict.boundingBox();
      expect(box?.x).toBeGreaterThan(0);
      expect((box?.x ?? 0) + (box?.width ?? Infinity)).toBeLessThanOrEqual(400);
    }
    expect(await page.getByRole('row').first().getByRole('columnheader').count()).toBeGreaterThan(4);
    await page.close();
  });

  it('shows all figures of every setting on a narrow screen, without scrolling', async () => {
    const { page } = await open('sweep', { width: 400, colorScheme: 'light' });
    const table = page.getByRole('table').first();
    const cells = await table.locator('td:visible').all();
    expect(cells.length).toBeGreaterThan(10);
    for (const cell of cells) {
      const box = await cell.boundingBox();
      expect(box?.x).toBeGreaterThan(0);
      expect((box?.x ?? 0) + (box?.width ?? Infinity)).toBeLessThanOrEqual(400);
    }
    await page.close();
  });

  it('saves the data of its page', async () => {
    const { page } = await open('sweep', { width: 1200, colorScheme: 'light' });
    const saved = async (name: string): Promise<string> => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByText(name, { exact: true }).click(),
      ]);
      await download.saveAs(at(`saved-${name}`));
      return await readFile(at(`saved-${name}`), 'utf8');
    };
    expect(JSON.parse(await saved('result.json'))).toEqual(JSON.parse(await readFile(at('sweep.json'), 'utf8')));
    expect(await saved('result.series.csv')).toMatch(/^role,concurrency,.*\ntarget,4,1,,1,0,1,/);
    await page.close();
  });
});
