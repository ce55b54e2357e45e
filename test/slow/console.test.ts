import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyEntry } from '../../src/core/config/key-entry.js';
import { type Browser, hasChromium, needsChromium, startBrowser } from '../support/browser.js';
import { openConsole, seriousFindings } from '../support/console-page.js';
import { ServerProcess, startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

const engine = ['--engine', 'mock', '--mock-reply', 'long', '--mock-prefill', '20ms', '--mock-token', '20ms'];
const endless = [...engine, '--context', '2000000'];

describe.skipIf(!hasChromium())(`the console in a browser ${needsChromium}`, () => {
  let browser: Browser;
  const leaving: AbortController[] = [];

  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(async () => {
    for (const controller of leaving) controller.abort();
    await browser.close();
  });

  /** Sends requests whose answers do not end. @returns what makes their clients leave */
  function ask(url: string, count: number): AbortController {
    const leave = new AbortController();
    leaving.push(leave);
    const body = JSON.stringify({
      messages: [{ role: 'user', content: 'Count.' }],
      max_tokens: 1_000_000,
      stream: true,
    });
    for (let index = 0; index < count; index += 1) {
      fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
        signal: leave.signal,
      })
        .then((response) => response.text())
        .catch(() => undefined);
    }
    return leave;
  }

  async function shown(page: Page, state: 'waiting' | 'running' | 'ended', count: number): Promise<void> {
    const cards = page.locator(`[data-state=${state}]`);
    await until(async () => (await cards.count()) === count, `${count} cards that are ${state}`);
  }

  describe('with two slots and one request at a time', () => {
    let server: ServerProcess;
    beforeAll(async () => {
      server = await startServer([...endless, '-n', '1', '--slots', '2', '--max-queue', '5000']);
    });
    afterAll(async () => {
      await server.stop('SIGKILL');
    });

    it('shows a request waiting, then running, then gone, and its tokens as they come', async () => {
      const { page, close } = await openConsole(browser, server.url);
      await page.getByText('Live').waitFor();
      const first = ask(server.url, 1);
      await shown(page, 'running', 1);
      const second = ask(server.url, 1);
      await shown(page, 'waiting', 1);
      const id = (await page.locator('[data-state=waiting]').getAttribute('data-request')) ?? '';
      const tokens = page.locator('[data-state=running] .queue-tokens strong');
      await until(async () => Number(await tokens.textContent()) > 5, 'tokens on the card');

      first.abort();
      await page.locator(`[data-state=running][data-request="${id}"]`).waitFor();
      await shown(page, 'waiting', 0);
      second.abort();
      const row = page.locator(`[data-state=ended][data-request="${id}"]`);
      await row.waitFor();
      expect(await row.textContent()).toContain('cancelled');
      await shown(page, 'running', 0);
      await close();
    });

    it('turns the limit, with the keyboard too, and the waiting request starts', async () => {
      const { page, close } = await openConsole(browser, server.url);
      const leave = ask(server.url, 2);
      await shown(page, 'waiting', 1);
      const limit = page.getByRole('group', { name: 'Limit of running requests' });
      await limit.getByRole('button', { name: 'Raise' }).click();
      await shown(page, 'running', 2);
      await shown(page, 'waiting', 0);
      await page.getByRole('status').getByText('Limit of running requests: 2').waitFor();

      const field = limit.getByRole('spinbutton');
      await field.press('ArrowDown');
      await page.getByRole('status').getByText('Limit of running requests: 1').waitFor();
      expect(await field.inputValue()).toBe('1');
      leave.abort();
      await shown(page, 'running', 0);
      await close();
    });

    it('shows a large limit with separators, and takes it with or without them', async () => {
      const { page, close } = await openConsole(browser, server.url);
      const field = page.getByRole('spinbutton', { name: 'Limit of waiting requests' });
      for (const typed of ['12345', '12,345', '500']) {
        await field.fill(typed);
        await field.press('Enter');
        await page
          .getByRole('status')
          .getByText(`waiting requests: ${typed === '500' ? '500' : '12,345'}`)
          .waitFor();
        expect(await field.inputValue()).toBe(typed === '500' ? '500' : '12,345');
      }
      await close();
    });

    it('shows the head of a long line, and says how many more there are', async () => {
      const { page, close } = await openConsole(browser, server.url);
      const leave = ask(server.url, 400);
      await page.getByText('399', { exact: true }).waitFor();
      const rows = await page.locator('[data-state=waiting]').count();
      expect(rows).toBeGreaterThan(5);
      await page.getByText(`and ${399 - rows} more`).waitFor();
      leave.abort();
      await shown(page, 'waiting', 0);
      await close();
    });

    it('speaks Japanese, is dark when asked, and fits a phone', async () => {
      const { page, close } = await openConsole(browser, server.url, '#/queue', { size: { width: 360, height: 740 } });
      const leave = ask(server.url, 8);
      await shown(page, 'running', 1);
      await page.getByRole('button', { name: 'JA' }).click();
      await page.getByRole('heading', { name: '待機中' }).waitFor();
      expect(await page.evaluate('document.documentElement.lang')).toBe('ja');
      await page.getByText('トークン/秒').waitFor();
      // What does not fit would be cut, and could not be scrolled to.
      const outside = `[...document.querySelectorAll('main *')]
        .filter((each) => each.getBoundingClientRect().right > innerWidth)
        .map((each) => each.className)`;
      expect(await page.evaluate(outside)).toEqual([]);
      await page.getByRole('button', { name: 'EN' }).click();
      for (const theme of ['light', 'dark']) {
        await page.getByRole('button', { name: 'Theme' }).click();
        expect(await page.evaluate('getComputedStyle(document.documentElement).colorScheme')).toBe(theme);
      }
      for (const name of ['Charts', 'Queue']) {
        await page.getByRole('link', { name, exact: true }).click();
        await page.getByRole('heading', { level: 1 }).waitFor({ state: 'attached' });
        const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
        expect(await page.evaluate(overflow)).toBe(0);
      }
      leave.abort();
      await close();
    });

    it('draws what the server has kept, and shows the figures of an earlier moment', async () => {
      const { page, close } = await openConsole(browser, server.url, '#/charts');
      await page.locator('figure canvas').nth(8).waitFor();
      const slider = page.getByRole('slider', { name: 'Time shown' });
      await until(async () => Number(await slider.getAttribute('max')) >= 1, 'two samples');
      expect(await slider.getAttribute('aria-valuetext')).toBe('Now');
      await slider.press('ArrowLeft');
      expect(await slider.getAttribute('aria-valuetext')).toMatch(/^At \d\d:\d\d:\d\d$/);
      await page.locator('[data-panel=requests]').hover();
      await slider.press('End');
      expect(await slider.getAttribute('aria-valuetext')).toBe('Now');
      await close();
    });

    it.each(['#/queue', '#/charts'])('has nothing serious that axe finds at %s', async (hash) => {
      const prepare = (page: Page): Promise<void> => page.emulateMedia({ reducedMotion: 'reduce' });
      const { page, close } = await openConsole(browser, server.url, hash, { prepare });
      const leave = ask(server.url, 5);
      await page.locator('[data-state=waiting], figure').first().waitFor();
      await page.evaluate(axe.source);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await page.evaluate(seriousFindings)).toEqual([]);
        await browser.keepPicture(page, `console-${hash.slice(2)}-${colorScheme}`);
      }
      leave.abort();
      await close();
    });
  });

  it('asks for a key, says that one is wrong, and keeps it for the session only', async () => {
    const server = await startServer([...engine, '--api-key', 'sesame']);
    const { page, close } = await openConsole(browser, server.url, '#/queue', { expectsRefusals: true });
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    await page.evaluate(axe.source);
    expect(await page.evaluate(seriousFindings)).toEqual([]);
    await dialog.getByLabel('API key').fill('wrong');
    await dialog.getByRole('button', { name: 'Use this key' }).click();
    await dialog.getByText('The server does not know this key.').waitFor();
    await dialog.getByLabel('API key').fill('sesame');
    await page.keyboard.press('Enter');
    await page.getByText('Live').waitFor();
    expect(await dialog.isVisible()).toBe(false);
    expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain('sesame');
    expect(await page.evaluate('document.cookie')).toBe('');

    await page.reload();
    await page.getByText('Live').waitFor();
    const other = await browser.context.newPage();
    await other.goto(server.url);
    await other.getByRole('dialog').waitFor();
    await other.close();
    await close();
    await server.stop();
  });

  it('takes a key where a page without one may look at everything', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'chatstream-console-'));
    const config = join(folder, 'chatstream.yaml');
    await writeFile(
      config,
      `anonymous: { role: observer }\nkeys:\n${keyEntry('boss', 'sesame').text}    role: admin\n`,
    );
    const server = await startServer([...engine, '--config', config]);
    const { page, close } = await openConsole(browser, server.url);
    await page.getByText('Live').waitFor();
    expect(await page.getByRole('button', { name: 'Raise' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Use an API key' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('API key').fill('sesame');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Raise' }).first().waitFor();
    await close();
    await server.stop();
    await rm(folder, { recursive: true });
  });

  it('offers no key where the server has none', async () => {
    const server = await startServer(engine);
    const { page, close } = await openConsole(browser, server.url);
    await page.getByText('Live').waitFor();
    expect(await page.getByRole('button', { name: 'Use an API key' }).count()).toBe(0);
    await close();
    await server.stop();
  });

  it('recovers when the server is restarted, and says what happens until then', async () => {
    const server = await startServer(endless);
    const { port } = new URL(server.url);
    const { page, close } = await openConsole(browser, server.url, '#/queue', { expectsRefusals: true });
    const first = ask(server.url, 1);
    await shown(page, 'running', 1);
    const old = page.getByText(/^This view is out of date \(as of \d\d:\d\d:\d\d\)\./);
    expect(await old.count()).toBe(0);
    server.signal('SIGTERM');
    const draining = page.getByText('The server is shutting down.');
    await draining.waitFor();
    // Its request is cut off with it, so that the page is left with a card that runs.
    await server.stop('SIGKILL');
    await page.getByText('The connection to the server was lost.').waitFor();
    await page.getByText(/Next attempt in \d s/).waitFor();
    await old.waitFor();
    expect(await old.textContent()).toContain('The server was shutting down then, and has probably ended.');
    expect(await draining.count()).toBe(0);
    expect(await page.title()).toBe('Not connected – chatstream');
    await shown(page, 'running', 1);
    expect(await page.evaluate('getComputedStyle(document.querySelector(".queue-stage")).filter')).toBe('grayscale(1)');
    first.abort();
    const again = new ServerProcess(['serve', '--json', '--port', port, ...endless]);
    await page.getByText('Live').waitFor();
    await shown(page, 'running', 0);
    expect(await old.count()).toBe(0);
    expect(await page.title()).toBe('0 running, 0 waiting – chatstream');
    const leave = ask(server.url, 1);
    await shown(page, 'running', 1);
    leave.abort();
    await close();
    await again.stop('SIGKILL');
  });
});
