import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, hasChromium, needsChromium, startBrowser } from '../support/browser.js';
import { openConsole, seriousFindings } from '../support/console-page.js';
import { parseAs } from '../support/parse-as.js';
import { ServerProcess, startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

const mock = ['--engine', 'mock', '--mock-reply', 'long', '--mock-prefill', '10ms', '--mock-token', '10ms'];
const phone = { size: { width: 360, height: 740 } };

describe.skipIf(!hasChromium())(`operations in the console ${needsChromium}`, () => {
  let browser: Browser;
  let folder: string;
  const leaving: AbortController[] = [];

  beforeAll(async () => {
    browser = await startBrowser();
    folder = await mkdtemp(join(tmpdir(), 'chatstream-operations-'));
  });
  afterAll(async () => {
    for (const controller of leaving) controller.abort();
    await browser.close();
    await rm(folder, { recursive: true });
  });

  /** Sends requests whose answers are long. @returns what makes their clients leave */
  function ask(url: string, count: number, key: string | null, model?: string): AbortController {
    const leave = new AbortController();
    leaving.push(leave);
    const message = { role: 'user', content: 'Count.' };
    const body = JSON.stringify({ messages: [message], max_tokens: 100_000, stream: true, model });
    const headers = {
      'content-type': 'application/json',
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    };
    for (let index = 0; index < count; index += 1) {
      fetch(`${url}/v1/chat/completions`, { method: 'POST', body, headers, signal: leave.signal })
        .then((response) => response.text())
        .catch(() => undefined);
    }
    return leave;
  }

  /** Temporary folders of load tests that are there now. */
  async function loadFolders(of: string): Promise<readonly string[]> {
    return (await readdir(of)).filter((name) => name.startsWith('chatstream-load-'));
  }

  it('tries a load, shows how it goes, and opens the report under a policy of its own', async () => {
    const server = await startServer([...mock, '-n', '2'], { TMPDIR: folder });
    const { page, close } = await openConsole(browser, server.url);
    await page.getByRole('button', { name: 'Try a load' }).click();
    const form = page.getByRole('dialog', { name: 'Try a load' });
    await page.evaluate(axe.source);
    expect(await page.evaluate(seriousFindings)).toEqual([]);
    await form.getByLabel('Clients').fill('4');
    await form.getByLabel('Duration').fill('3');
    await form.getByLabel('Output tokens').fill('16');
    await browser.keepPicture(page, 'console-load-form');
    await page.keyboard.press('Enter');

    const strip = page.getByRole('region', { name: 'Load test' });
    await strip.getByText('The load test has ended.').waitFor({ timeout: 60_000 });
    await strip.getByRole('button', { name: 'Show the report' }).click();
    const report = page.frameLocator('iframe');
    await report.getByRole('heading', { level: 1 }).waitFor();
    // Its own script runs and its styles apply, but it has no origin.
    const figure = report.locator('figure.chart').first();
    await figure.focus();
    await figure.press('End');
    expect(await figure.locator('.tip').innerText()).toMatch(/\d/);
    const frame = page.frames().find((each) => each !== page.mainFrame());
    expect(await frame?.evaluate('self.origin')).toBe('null');
    expect(await frame?.evaluate('getComputedStyle(document.querySelector("figure")).position')).toBe('relative');
    await browser.keepPicture(page, 'console-load-report');
    expect(await page.evaluate(seriousFindings)).toEqual([]);

    // The frame has the focus, and with it the keys.
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await strip.getByRole('button', { name: 'Dismiss' }).click();
    await strip.waitFor({ state: 'detached' });
    expect(await loadFolders(folder)).toEqual([]);
    await close();
    await server.stop();
  });

  it('keeps a dialog open while its text is selected with the pointer beyond its edge', async () => {
    const server = await startServer([...mock]);
    const { page, close } = await openConsole(browser, server.url);
    await page.getByRole('button', { name: 'Try a load' }).click();
    const dialog = page.getByRole('dialog');
    const field = dialog.getByLabel('Clients');
    await field.fill('16');
    await field.hover();
    await page.mouse.down();
    await page.mouse.move(20, 400);
    await page.mouse.up();
    // A click beside it closes it.
    expect(await field.inputValue()).toBe('16');
    await page.mouse.click(20, 400);
    await dialog.waitFor({ state: 'detached' });
    await close();
    await server.stop();
  });

  it('stops a load, and shows what was measured by then', async () => {
    const server = await startServer([...mock, '-n', '2'], { TMPDIR: folder });
    const { page, close } = await openConsole(browser, server.url, '#/queue', phone);
    await page.getByRole('button', { name: 'Try a load' }).click();
    await page.getByLabel('Duration').fill('120');
    await page.getByRole('button', { name: 'Start' }).click();
    const strip = page.getByRole('region', { name: 'Load test' });
    await strip.getByRole('progressbar', { name: 'Progress of the load test' }).waitFor();
    // Its requests are seen in the queue, under a name of their own.
    await page.locator('[data-state=waiting]').getByText('load test').first().waitFor();
    expect(await page.getByRole('button', { name: 'Try a load' }).isDisabled()).toBe(true);
    await strip.getByText(/[1-9]\d* done/).waitFor();
    const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    expect(await page.evaluate(overflow)).toBe(0);
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    await page.evaluate(axe.source);
    expect(await page.evaluate(seriousFindings)).toEqual([]);
    await browser.keepPicture(page, 'console-load-phone-dark');
    await strip.getByRole('button', { name: 'Stop the load test' }).click();
    await strip.getByText('The load test was stopped.').waitFor();
    await strip.getByRole('button', { name: 'Show the report' }).click();
    await page.frameLocator('iframe').getByRole('heading', { level: 1 }).waitFor();
    await browser.keepPicture(page, 'console-load-report-phone');
    await close();
    await server.stop();
  });

  it('shuts the server down once that is confirmed, and a load test with it', async () => {
    // With the usual context, the answer that is to go on would end after 41 s, and the drain with it.
    const server = await startServer([...mock, '-n', '4', '--context', '200000'], { TMPDIR: folder });
    const { page, close } = await openConsole(browser, server.url, '#/queue', { expectsRefusals: true });
    const leave = ask(server.url, 1, null);
    await page.locator('[data-state=running]').first().waitFor();
    await page.getByRole('button', { name: 'Try a load' }).click();
    await page.getByLabel('Duration').fill('120');
    await page.keyboard.press('Enter');
    await page.getByText('measuring').waitFor();

    await page.getByRole('button', { name: 'Shut down' }).click();
    const dialog = page.getByRole('dialog', { name: 'Shut the server down?' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(server.hasExited).toBe(false);
    await page.getByRole('button', { name: 'Shut down' }).click();
    await browser.keepPicture(page, 'console-drain');
    await dialog.getByRole('button', { name: 'Shut down' }).click();
    await page.getByText('The server is shutting down.').waitFor();
    // The answer that runs goes on; the load test does not.
    await until(async () => (await loadFolders(folder)).length === 0, 'the end of the load test');
    expect(server.hasExited).toBe(false);
    leave.abort();
    await until(() => server.hasExited, 'the end of the server');
    expect(await server.exited).toBe(0);
    await close();
  });

  it('says that the server has ended, also if nothing ran', async () => {
    const server = await startServer([...mock, '-n', '4']);
    const { page, close } = await openConsole(browser, server.url, '#/queue', { expectsRefusals: true });
    await page.getByRole('button', { name: 'Shut down' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Shut down' }).click();
    await page.getByText('The server was shutting down then, and has probably ended.').waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await server.exited).toBe(0);
    await close();
  });

  it('shows models and the servers that generate, where there are several', async () => {
    const upstreams = await Promise.all(
      ['small', 'large'].map((alias) => startServer([...mock, '-n', '1', '--alias', alias])),
    );
    const urls = upstreams.map(({ url }, index) => ['--upstream', `${url},model=${index === 0 ? 'small' : 'large'}`]);
    const front = new ServerProcess(['serve', '--json', '--port', '0', ...urls.flat()]);
    await until(() => front.stdout.includes('\n'), 'the server in front');
    const { url } = parseAs(Type.Object({ url: Type.String() }), JSON.parse(front.stdout.split('\n', 1)[0] ?? ''));
    const { page, close } = await openConsole(browser, url);
    const leave = ['small', 'large'].map((model) => ask(url, 3, null, model));
    const servers = page.getByRole('list', { name: 'Servers and engines' });
    await until(async () => (await servers.getByText('1 of 1').count()) === 2, 'both servers at work');
    for (const model of ['small', 'large']) {
      await page.getByRole('heading', { name: model, level: 3 }).waitFor();
      await page.locator('[data-state=running]').getByText(`${model} ·`).waitFor();
    }
    await page.evaluate(axe.source);
    expect(await page.evaluate(seriousFindings)).toEqual([]);
    await browser.keepPicture(page, 'console-models');
    for (const each of leave) each.abort();
    await close();
    for (const each of [front, ...upstreams]) await each.stop();
  });

  it('turns the limit of one of several models', async () => {
    const server = await startServer([...mock, '-n', '1', '--slots', '2', '-m', 'chat=x', '-m', 'code=y']);
    const { page, close } = await openConsole(browser, server.url);
    const leave = ['chat', 'code'].map((model) => ask(server.url, 3, null, model));
    const limit = page.locator('.queue-running .queue-count > span.figure').first();
    await until(async () => (await limit.textContent()) === '2', 'one slot for each model');
    const chat = page.getByRole('list', { name: 'Models' }).locator('[data-model=chat]');
    await chat.getByRole('spinbutton', { name: 'Limit of running requests of chat' }).press('ArrowUp');
    await page.getByRole('status').getByText('Limit of running requests of chat: 2').waitFor();
    await until(async () => (await limit.textContent()) === '3', 'two slots for one of them');
    await page.locator('[data-state=running]').nth(2).waitFor();
    await page.evaluate(axe.source);
    expect(await page.evaluate(seriousFindings)).toEqual([]);
    await browser.keepPicture(page, 'console-model-limits');
    for (const each of leave) each.abort();
    await close();
    await server.stop();
  });

  it('tries a load of one of several models', async () => {
    const server = await startServer([...mock, '-n', '1', '-m', 'chat=x', '-m', 'code=y'], { TMPDIR: folder });
    const { page, close } = await openConsole(browser, server.url);
    await page.getByRole('button', { name: 'Try a load' }).click();
    await page.getByRole('dialog').getByLabel('Model').selectOption('code');
    await page.getByLabel('Duration').fill('120');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByText('Load test of code with 8 clients:').waitFor();
    await page.locator('[data-state=running]').getByText('code ·').waitFor();
    expect(await page.locator('[data-state=running]').getByText('chat ·').count()).toBe(0);
    await close();
    await server.stop();
  });

  it('shows users their own requests and counts of all, observers all, and neither what is for operators', async () => {
    const digest = (key: string): string => createHash('sha256').update(key).digest('hex');
    const config = join(folder, 'config.yaml');
    const lines = ['anna', 'otto', 'olga'].map((name) => {
      const role = name === 'olga' ? 'observer' : 'user';
      return `  - { name: ${name}, role: ${role}, sha256: ${digest(name)} }\n`;
    });
    await writeFile(config, `keys:\n${lines.join('')}`);
    const server = await startServer([...mock, '-n', '1', '--config', config, '--queue-policy', 'fifo']);
    const others = ask(server.url, 3, 'otto');
    const { page, close } = await openConsole(browser, server.url, '#/queue', { key: 'anna' });
    await page.getByText('Live').waitFor();
    await page.getByText('You see your own requests').waitFor();
    await page.getByText('2 from others').waitFor();
    const own = ask(server.url, 1, 'anna');
    const card = page.locator('[data-state=waiting]');
    await card.waitFor();
    expect(await card.locator('.queue-position').innerText()).toContain('3');
    expect(await page.content()).not.toContain('otto');
    expect(await page.getByRole('button', { name: 'Try a load' }).count()).toBe(0);
    await browser.keepPicture(page, 'console-user');
    await close();

    const observer = await openConsole(browser, server.url, '#/queue', { key: 'olga' });
    await observer.page.locator('[data-state=waiting]').getByText('otto').first().waitFor();
    expect(await observer.page.getByRole('spinbutton').count()).toBe(0);
    expect(await observer.page.getByRole('button', { name: 'Try a load' }).count()).toBe(0);
    await observer.close();
    own.abort();
    others.abort();
    await server.stop();
  });

  it('takes a key where requests without one are let in, and goes on without it after a wrong one', async () => {
    const config = join(folder, 'anonymous.yaml');
    const sha256 = createHash('sha256').update('olga').digest('hex');
    await writeFile(config, `anonymous: { class: batch }\nkeys:\n  - { name: olga, role: admin, sha256: ${sha256} }\n`);
    const server = await startServer([...mock, '-n', '1', '--config', config]);
    const { page, close } = await openConsole(browser, server.url, '#/queue', { expectsRefusals: true });
    await page.getByText('You see your own requests').waitFor();
    await page.getByRole('button', { name: 'Use an API key' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('API key', { exact: true }).fill('wrong');
    await page.keyboard.press('Enter');
    await dialog.getByText('The server does not know this key.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Try now' }).click();
    await page.getByText('Live').waitFor();
    await page.getByText('You see your own requests').waitFor();
    await page.getByRole('button', { name: 'Use an API key' }).click();
    await dialog.getByLabel('API key', { exact: true }).fill('olga');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Try a load' }).waitFor();
    await page.getByRole('button', { name: 'Change the key' }).waitFor();
    await close();

    const charts = await openConsole(browser, server.url, '#/charts', { expectsRefusals: true });
    const banner = charts.page.getByRole('main').locator('..').locator('.app-banner');
    await banner.getByRole('button', { name: 'Use an API key' }).click();
    await charts.page.getByRole('dialog').waitFor();
    await charts.close();
    await server.stop();
  });
});
