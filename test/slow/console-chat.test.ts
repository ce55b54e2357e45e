import { readFile } from 'node:fs/promises';
import axe, { type AxeResults } from 'axe-core';
import type { Locator, Page } from 'playwright-core';
import { Type } from 'typebox';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Browser, hasChromium, needsChromium, startBrowser } from '../support/browser.js';
import { openConsole } from '../support/console-page.js';
import { parseAs } from '../support/parse-as.js';
import { ServerProcess, startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

const lists = Type.Object({ running: Type.Array(Type.Unknown()), waiting: Type.Array(Type.Unknown()) });

const engine = ['--engine', 'mock', '--mock-reply', 'echo', '--mock-prefill', '50ms', '--mock-token', '20ms'];

/** The answer repeats it, which takes ten seconds: longer than the tests look at it. */
const long = Array.from({ length: 500 }, (_, index) => `word ${index}`).join(' ');

const markdown = [
  'Two **things** <img src="/broken.png" onerror="document.title = 1">:',
  '1. one\n2. [two](https://example.org/)',
  '```ts\nconst x = 1;\n```',
  '| a | b |\n| - | - |\n| 1 | 2 |',
  '![a picture](https://example.org/cat.png)',
].join('\n\n');

describe.skipIf(!hasChromium())(`the chat of the console ${needsChromium}`, () => {
  let browser: Browser;
  let server: ServerProcess;
  let page: Page;
  /** What the page complained about, and what it asked others for. */
  let complaints: string[];

  beforeAll(async () => {
    browser = await startBrowser();
    server = await startServer([...engine, '-n', '6', '--context', '100000']);
  });
  afterAll(async () => {
    await browser.close();
    await server.stop('SIGKILL');
  });

  beforeEach(async () => {
    complaints = [];
    page = await browser.context.newPage();
    await page.setViewportSize({ width: 1440, height: 900 });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      // Violations of the content security policy are among these.
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url)) complaints.push(request.url());
    });
    await page.goto(`${server.url}/#/chat`);
    await page.evaluate('localStorage.clear()');
    await page.reload();
    return async () => {
      expect(complaints).toEqual([]);
      await page.close();
      await limit(6);
    };
  });

  async function limit(maxConcurrency: number): Promise<void> {
    await fetch(`${server.url}/v1/queue`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ max_concurrency: maxConcurrency }),
    });
  }

  async function load(): Promise<{ readonly running: number; readonly waiting: number }> {
    const response = await fetch(`${server.url}/v1/queue`);
    const { running, waiting } = parseAs(lists, await response.json());
    return { running: running.length, waiting: waiting.length };
  }

  const pane = (number: number): Locator => page.getByRole('region', { name: `Chat ${number}`, exact: true });
  const button = (name: string, within: Page | Locator = page): Locator =>
    within.getByRole('button', { name, exact: true });

  async function ask(text: string, number = 1): Promise<void> {
    await pane(number).getByRole('textbox', { name: 'Message' }).fill(text);
    await page.keyboard.press('Enter');
  }

  async function askAll(text: string): Promise<void> {
    await page.getByRole('textbox', { name: 'Message to all chats' }).fill(text);
    await page.keyboard.press('Enter');
  }

  /** Waits until the last answer of a pane has ended. */
  async function answered(number = 1): Promise<void> {
    await button('Good answer', pane(number).locator('.chat-reply').last()).waitFor();
  }

  async function findings(): Promise<readonly string[]> {
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate<AxeResults>("axe.run({ rules: { 'target-size': { enabled: true } } })");
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  }

  it('streams in six panes at once', async () => {
    await button('6 chats side by side').click();
    await askAll(long);
    for (let number = 1; number <= 6; number += 1) await pane(number).getByText('word 3 ').last().waitFor();
    await until(async () => (await page.locator('[aria-busy=true] .chat-markdown').count()) === 6, 'six streams');
    expect(await load()).toEqual({ running: 6, waiting: 0 });
    await browser.keepPicture(page, 'console-chat-six');
    await button('Stop all').click();
    await until(
      async () => (await page.locator('.chat-state').getByText('Stopped.').count()) === 6,
      'six to be stopped',
    );
    await until(async () => (await load()).running === 0, 'six free slots');
  });

  it('shows the place while a question waits, and gives its slot to the next one when it is stopped', async () => {
    await limit(1);
    await button('3 chats side by side').click();
    await ask(long, 1);
    await pane(1).getByText('word 3 ').last().waitFor();
    await ask(long, 2);
    await pane(2).getByText('Next in the queue').waitFor();
    await ask('Hello', 3);
    await pane(3).getByText('Position 2 in the queue').waitFor();
    expect(await findings()).toEqual([]);

    await pane(1).getByRole('textbox', { name: 'Message' }).press('Escape');
    await pane(1).getByText('Stopped.').waitFor();
    await pane(2).getByText('word 3 ').last().waitFor();
    await pane(3).getByText('Next in the queue').waitFor();
    expect(await load()).toEqual({ running: 1, waiting: 1 });
    await button('Stop', pane(2)).click();
    await answered(3);
  });

  it('answers again and takes edited questions as branches, and has all of them after a reload', async () => {
    await ask('First');
    await answered();
    await button('Regenerate').click();
    await page.getByRole('group', { name: 'Branch 2 of 2' }).waitFor();
    await answered();

    await page.getByText('First', { exact: true }).first().hover();
    await button('Edit').click();
    await page.getByRole('textbox', { name: 'Edit' }).fill('Second');
    await page.keyboard.press('Enter');
    await page.locator('.chat-reply').getByText('Second').waitFor();
    await answered();

    await page.reload();
    await page.locator('.chat-reply').getByText('Second').waitFor();
    await button('Previous branch').click();
    await page.locator('.chat-reply').getByText('First').waitFor();
    await page.getByRole('group', { name: 'Branch 2 of 2' }).waitFor();
    await page.getByText('TTFT').click();
    await page.getByText('Prefill').waitFor();
    expect(await findings()).toEqual([]);
  });

  it('sends what the reader thinks of an answer, and takes it back', async () => {
    const given = async (): Promise<unknown> => (await fetch(`${server.url}/v1/feedback`)).json();
    await ask('Hello');
    await answered();
    await button('Good answer').click();
    await until(async () => JSON.stringify(await given()).includes('"like":true'), 'the feedback');
    const fields = {
      model: 'mock',
      prompt: [{ role: 'user', content: 'Hello' }],
      answer: { role: 'assistant', content: 'Hello' },
    };
    expect(await given()).toMatchObject({ data: [{ like: true, fields }] });
    await button('Good answer').click();
    await until(async () => JSON.stringify(await given()).includes('"like":null'), 'the feedback to be taken back');
    expect(await button('Good answer').getAttribute('aria-pressed')).toBe('false');
  });

  it('folds thoughts, which the reader can open', async () => {
    const chunk = (delta: object, finish: string | null = null): string =>
      `data: ${JSON.stringify({ id: 'c', model: 'mock', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
    const body = [
      chunk({ reasoning_content: 'Zebras?' }),
      chunk({ content: 'Yes.' }),
      chunk({}, 'stop'),
      'data: [DONE]\n\n',
    ];
    await page.route('**/v1/chat/completions', (route) =>
      route.fulfill({ contentType: 'text/event-stream', body: body.join('') }),
    );
    await ask('Are there any?');
    await answered();
    const thought = page.locator('.chat-thought');
    await page.locator('.chat-reply').getByText('Yes.').waitFor();
    expect(await thought.getByText('Zebras?').isVisible()).toBe(false);
    await thought.locator('summary').click();
    await thought.getByText('Zebras?').waitFor();
  });

  it('shows Markdown, but loads and runs nothing of what is in it', async () => {
    await ask(markdown);
    await answered();
    const answer = page.locator('.chat-reply');
    expect(await answer.locator('strong').textContent()).toBe('things');
    expect(await answer.locator('pre').textContent()).toBe('const x = 1;');
    const links = [
      { name: 'two', href: 'https://example.org/' },
      { name: 'a picture', href: 'https://example.org/cat.png' },
    ];
    expect(await answer.getByRole('link').count()).toBe(links.length);
    for (const { name, href } of links) {
      const link = answer.getByRole('link', { name, exact: true });
      expect(await link.getAttribute('href')).toBe(href);
      expect(await link.getAttribute('rel')).toBe('noopener noreferrer');
    }
    expect(await answer.locator('img').count()).toBe(0);
    expect(await page.title()).toBe('chatstream');
  });

  it.each([
    { from: 'this machine', isSecure: true },
    { from: 'elsewhere, where browsers give pages no clipboard', isSecure: false },
  ])('copies code on a page from $from', async ({ isSecure }) => {
    await browser.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.url });
    if (!isSecure) {
      await page.addInitScript("Object.defineProperty(globalThis, 'isSecureContext', { value: false })");
      await page.reload();
    }
    expect(await page.evaluate('isSecureContext')).toBe(isSecure);
    await page.evaluate("navigator.clipboard.writeText('something else')");
    await ask('```ts\nconst x = 1;\n\n  const y = 2;\n```');
    await answered();
    await button('Copy', page.locator('.chat-reply .chat-markdown-code')).click();
    await button('Copied').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe('const x = 1;\n\n  const y = 2;');
  });

  it('shows calls of tools, and sends the results that are typed', async () => {
    await button('Model, system prompt and parameters').click();
    const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } }];
    await page.getByRole('textbox', { name: 'More fields' }).fill(JSON.stringify({ tools }));
    await page.getByRole('spinbutton', { name: 'Max tokens' }).fill('100');
    expect(await findings()).toEqual([]);
    await page.keyboard.press('Escape');
    await ask('weather {"city": "Oslo"}');
    await page.getByText('Calls weather').waitFor();
    await page.getByRole('textbox', { name: 'Result of weather' }).fill('9 degrees');
    await button('Send results').click();
    await until(async () => (await page.locator('.chat-reply').count()) === 2, 'an answer to the result');
    await answered();
    expect(await page.locator('.chat-results').textContent()).toBe('9 degrees');
  });

  it('exports conversations and imports them, and says what is wrong with a file', async () => {
    await ask('Remember this');
    await answered();
    await button('Conversations').click();
    const downloading = page.waitForEvent('download');
    await button('Export all').click();
    const file = await readFile(await (await downloading).path());

    await button('Delete: Remember this').click();
    await page.getByText('Nothing is kept yet.').waitFor();
    const importing = page.locator('input[type=file]');
    await importing.setInputFiles({ name: 'a.json', mimeType: 'application/json', buffer: Buffer.from('{') });
    await page.getByText('This file is not JSON.').waitFor();
    await importing.setInputFiles({ name: 'a.json', mimeType: 'application/json', buffer: file });
    await page.getByText('1 conversation was imported.').waitFor();
    expect(await findings()).toEqual([]);
    await page.getByRole('button', { name: /^Remember this/ }).click();
    await page.locator('.chat-reply').getByText('Remember this').waitFor();
  });

  it('shows one pane at a time on a phone', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    await button('2 chats side by side').click();
    await askAll(markdown);
    await answered(1);
    await answered(2);
    await button('Chat 2').click();
    await until(async () => ((await pane(2).boundingBox())?.x ?? 360) < 20, 'the second pane');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    expect(await findings()).toEqual([]);
    await browser.keepPicture(page, 'console-chat-phone-dark');
  });

  it('says in Japanese what it says in English', async () => {
    await button('JA').click();
    // The answer takes over a second.
    await page.getByRole('textbox', { name: 'メッセージ' }).fill('こんにちは '.repeat(60));
    await page.keyboard.press('Enter');
    await button('良い回答').waitFor();
    await page.getByText('TTFT').click();
    await page
      .locator('.chat-waterfall dd')
      .getByText(/^\d+\.\d+ 秒$/)
      .first()
      .waitFor();
    expect(await findings()).toEqual([]);
  });

  it('says that the server cannot be reached, and asks again on demand', async () => {
    await browser.context.setOffline(true);
    await ask('Hello?');
    await page.locator('.chat-reply').getByText('The server cannot be reached.').waitFor();
    await browser.context.setOffline(false);
    // The browser itself says that it has no connection.
    complaints = complaints.filter((text) => !text.includes('ERR_INTERNET_DISCONNECTED'));
    await button('Try again').click();
    await answered();
  });

  it('asks the bundled model, shows where the time of its answer went, and the queue shows the request', async () => {
    const real = await startServer(['-n', '1', '--gpu', 'off', '--context', '4096']);
    const queue = await openConsole(browser, real.url);
    const chat = await openConsole(browser, real.url, '#/chat');
    const { page: asking } = chat;
    // Left to itself, it may have answered before the other page has drawn that it does.
    await button('Model, system prompt and parameters', asking).click();
    await asking.getByRole('textbox', { name: 'More fields' }).fill(JSON.stringify({ ignore_eos: true }));
    await asking.getByRole('spinbutton', { name: 'Max tokens' }).fill('2000');
    await asking.keyboard.press('Escape');
    await asking.getByRole('textbox', { name: 'Message' }).fill('Tell me a story. '.repeat(40));
    await asking.keyboard.press('Enter');
    await queue.page.locator('[data-state=running]').waitFor();
    await queue.page
      .locator('[data-state=ended]')
      .getByText(/^[\d,]+ tok$/)
      .waitFor({ timeout: 90_000 });
    await button('Good answer', asking).waitFor();
    await asking.locator('.chat-waterfall').getByText('TTFT').click();
    await asking.getByText(/^2,?000 tokens ·/).waitFor();
    await browser.keepPicture(asking, 'console-chat-bundled');
    await chat.close();
    await queue.close();
    await real.stop('SIGKILL');
  });

  it('has no thumbs where other servers generate, which keep no feedback', async () => {
    const front = await startFront(['--upstream', server.url]);
    const chat = await openConsole(browser, front.url, '#/chat');
    await chat.page.getByRole('textbox', { name: 'Message' }).fill('Hello');
    await chat.page.keyboard.press('Enter');
    await button('Regenerate', chat.page).waitFor();
    expect(await button('Good answer', chat.page).count()).toBe(0);
    await chat.close();
    await front.process.stop();
  });
});

/** A server that generates nothing itself. */
async function startFront(args: readonly string[]): Promise<{ readonly process: ServerProcess; readonly url: string }> {
  const front = new ServerProcess(['serve', '--json', '--port', '0', ...args]);
  await until(() => front.stdout.includes('\n'), 'the server in front');
  const { url } = parseAs(Type.Object({ url: Type.String() }), JSON.parse(front.stdout.split('\n', 1)[0] ?? ''));
  return { process: front, url };
}
