import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, hasChromium, needsChromium, startBrowser } from '../support/browser.js';
import { openConsole, seriousFindings } from '../support/console-page.js';
import { type ServerProcess, startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

const engine = ['--engine', 'mock', '--mock-reply', 'echo', '--mock-prefill', '10ms', '--mock-token', '5ms'];

describe.skipIf(!hasChromium())(`a chat that the server keeps ${needsChromium}`, () => {
  let browser: Browser;
  let server: ServerProcess;

  beforeAll(async () => {
    browser = await startBrowser();
    server = await startServer(engine);
  });
  afterAll(async () => {
    await browser.close();
    await server.stop('SIGKILL');
  });

  async function ask(page: Page, text: string): Promise<void> {
    await page.getByRole('textbox', { name: 'Message' }).fill(text);
    await page.keyboard.press('Enter');
    const answer = page.locator('.chat-reply').last();
    await answer.getByText(text).waitFor();
    await answer.getByRole('button', { name: 'Good answer' }).waitFor();
  }

  it('is continued there, is found again after a reload, and can be deleted; the browser has only its name', async () => {
    const { page, close } = await openConsole(browser, server.url, '#/chat');
    await page.getByRole('button', { name: 'Model, system prompt and parameters' }).click();
    await page.getByRole('checkbox', { name: 'Keep this conversation on the server' }).check();
    await browser.keepPicture(page, 'console-chat-settings');
    await page.evaluate(axe.source);
    expect(await page.evaluate(seriousFindings)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByText('The conversation is kept on the server.').waitFor();
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST') asked.push(request.postData() ?? '');
    });
    await ask(page, 'What is a zebra?');
    await ask(page, 'And a gnu?');
    expect(asked[1]).toContain('"previous_response_id":"resp_');
    expect(asked[1]).not.toContain('zebra');
    const kept = 'JSON.stringify(localStorage)';
    expect(await page.evaluate(kept)).not.toMatch(/zebra|gnu/);

    await page.getByRole('button', { name: 'Bad answer' }).last().click();

    await page.reload();
    for (const text of ['What is a zebra?', 'And a gnu?']) {
      // The question, its echo, and for the first one the title.
      await until(async () => (await page.getByText(text).count()) >= 2, `"${text}" after the reload`);
    }
    const thumbs = page.getByRole('button', { name: 'Bad answer' });
    const pressed = async (): Promise<unknown> => [
      await thumbs.first().getAttribute('aria-pressed'),
      await thumbs.last().getAttribute('aria-pressed'),
    ];
    expect(await pressed()).toEqual(['false', 'true']);
    await ask(page, 'And a yak?');
    await page.getByRole('button', { name: 'Conversations' }).click();
    const list = page.getByRole('dialog');
    await list.getByText('on the server').waitFor();
    await browser.keepPicture(page, 'console-chat-kept');

    const match = /resp_\w+/.exec(String(await page.evaluate(kept)));
    const stored = async (): Promise<number> => (await fetch(`${server.url}/v1/responses/${match?.[0] ?? ''}`)).status;
    expect(await stored()).toBe(200);
    await list.getByRole('button', { name: 'Delete' }).click();
    await until(async () => (await stored()) === 404, 'the deletion at the server');
    await close();
  });

  it('is not continued without what was said before: it is read again first', async () => {
    const { page, close } = await openConsole(browser, server.url, '#/chat', { expectsRefusals: true });
    await page.getByRole('button', { name: 'Model, system prompt and parameters' }).click();
    await page.getByRole('checkbox', { name: 'Keep this conversation on the server' }).check();
    await page.keyboard.press('Escape');
    await ask(page, 'What is an ibex?');
    const refused = /\/v1\/responses\/resp_/;
    await page.route(refused, (route) => route.fulfill({ status: 503, body: '{}' }));
    await page.reload();
    const notice = page.getByText('The conversation could not be read from the server.');
    await notice.waitFor();
    const message = page.getByRole('textbox', { name: 'Message' });
    await message.fill('And a chamois?');
    await page.keyboard.press('Enter');
    await until(async () => (await message.inputValue()) === 'And a chamois?', 'the question to come back');
    await notice.waitFor();
    await page.unroute(refused);
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST') asked.push(request.postData() ?? '');
    });
    await ask(page, 'And a chamois?');
    expect(asked[0]).toContain('"previous_response_id":"resp_');
    await page.getByText('What is an ibex?').first().waitFor();
    await page.evaluate('localStorage.clear()');
    await close();
  });

  it('says that the server no longer has it', async () => {
    const { page, close } = await openConsole(browser, server.url, '#/chat', { expectsRefusals: true });
    const settings = {
      model: null,
      system: '',
      temperature: null,
      topP: null,
      topK: null,
      minP: null,
      maxTokens: null,
    };
    const conversation = {
      ...{ id: 'gone', changedAtMs: 1, turns: [], storedAs: 'resp_0' },
      settings: { ...settings, seed: null, reasoningEffort: null, more: '', onServer: true },
    };
    const file = JSON.stringify({ format: 'chatstream-conversations', version: 1, conversations: [conversation] });
    await page.evaluate(`localStorage.clear();
      localStorage.setItem('chatstream.chat.conversation.gone', ${JSON.stringify(file)});
      localStorage.setItem('chatstream.chat.open', '["gone"]')`);
    await page.reload();
    await page.getByText('The conversation could not be read from the server.').waitFor();
    await page.evaluate('localStorage.clear()');
    await close();
  });
});
