/* global fetch */
// Makes the pictures of the console's chat in docs/images: serves a model, asks it the same in six panes, three of which
// wait, and takes them with the browser of the slow tests.
//
//   npm run build && node scripts/chat-pictures.js MODEL
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { writePicture } from './webp.js';

const model = process.argv[2];
if (model === undefined) throw new Error('Name a model, as chatstream serve takes it with -m.');
const images = fileURLToPath(new URL('../docs/images/', import.meta.url));
const binary = fileURLToPath(new URL('../bin/run.js', import.meta.url));

const flags = ['--port', '0', '--json', '-m', model, '-n', '3', '--max-tokens', '100', '--queue-timeout', '0'];
const server = spawn(process.execPath, [binary, 'serve', ...flags], { stdio: ['ignore', 'pipe', 'ignore'] });
process.once('exit', () => server.kill());
const { value: line } = await createInterface(server.stdout)[Symbol.asyncIterator]().next();
const { url } = JSON.parse(line);

// With a generation that has ended, the server can estimate.
const warmUp = { messages: [{ role: 'user', content: 'Hello!' }], max_tokens: 100, ignore_eos: true };
const headers = { 'content-type': 'application/json' };
await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body: JSON.stringify(warmUp) });

const browser = await chromium.launch({
  executablePath: process.env.CHATSTREAM_TEST_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, deviceScaleFactor: 1.5 });
// However slow the model is.
context.setDefaultTimeout(600_000);
const page = await context.newPage();
await page.goto(`${url}/#/chat`);

const ended = (pane) => page.locator(`.chat-pane:nth-child(${pane}) .chat-reply[aria-busy=false]`).last().waitFor();

await page.getByRole('button', { name: '6 chats side by side' }).click();
await page
  .getByRole('textbox', { name: 'Message to all chats' })
  .fill('Write a Python function that adds two numbers.');
await page.keyboard.press('Enter');
// Far enough to see how it looks, while the others still wait.
await page.waitForFunction(() => (globalThis.document.querySelector('.chat-markdown')?.textContent ?? '').length > 250);
await writePicture(page, join(images, 'console-chat.webp'));

await Promise.all([1, 2, 3, 4, 5, 6].map(ended));
await page.setViewportSize({ width: 390, height: 780 });
await page.emulateMedia({ colorScheme: 'dark' });
await page.locator('.chat-pane').nth(4).locator('.chat-waterfall summary').click();
await page.getByRole('button', { name: 'Chat 5', exact: true }).click();
await pause(1000);
await page
  .getByRole('group', { name: /^Write a Python/ })
  .nth(4)
  .evaluate((turns) => turns.scrollTo(0, turns.scrollHeight));
await pause(500);
await writePicture(page, join(images, 'console-chat-phone.webp'));
await browser.close();
process.exit();
