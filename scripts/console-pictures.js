/* global AbortSignal, fetch, performance */
// Makes the pictures of the console in docs/images: starts a server with the mock engine, keeps it busy for a while, so that
// the charts have something to show, and takes them with the browser of the slow tests.
//
//   npm run build && node scripts/console-pictures.js [MINUTES]      15 by default: the charts are full then
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { writePicture } from './webp.js';

const minutes = Number(process.argv[2] ?? 15);
const images = fileURLToPath(new URL('../docs/images/', import.meta.url));
const binary = fileURLToPath(new URL('../bin/run.js', import.meta.url));

/** Who asks: how many requests a second at most, with how many output tokens. */
const clients = [
  { name: 'alice', class: 'interactive', perSecond: 0.22, tokens: 160 },
  { name: 'bob', class: 'interactive', perSecond: 0.15, tokens: 220 },
  { name: 'search-team', class: 'standard', perSecond: 0.5, tokens: 120 },
  { name: 'support-desk', class: 'standard', perSecond: 0.3, tokens: 200 },
  { name: 'nightly-eval', class: 'batch', perSecond: 0.5, tokens: 260 },
];

const folder = mkdtempSync(join(tmpdir(), 'chatstream-pictures-'));
const config = join(folder, 'config.yaml');
const digest = (key) => createHash('sha256').update(key).digest('hex');
writeFileSync(
  config,
  `keys:\n${clients.map((client) => `  - { name: ${client.name}, class: ${client.class}, sha256: ${digest(client.name)} }\n`).join('')}`,
);
const engine = '--engine mock --mock-reply long --mock-prefill 400ms --mock-token 28ms --context 32768 -n 6 --slots 8';
const server = spawn(
  process.execPath,
  [binary, 'serve', '--port', '0', '--json', '--config', config, '--api-key', 'admin', ...engine.split(' ')],
  { stdio: ['ignore', 'pipe', 'ignore'] },
);
process.once('exit', () => server.kill('SIGKILL'));
const [line] = await createInterface(server.stdout)
  [Symbol.asyncIterator]()
  .next()
  .then(({ value }) => [value]);
const { url } = JSON.parse(line);

const end = performance.now() + minutes * 60_000;
/** In waves of four minutes, so that the queue fills and empties. */
const load = () => 0.55 + 0.62 * Math.sin(((end - performance.now()) / 240_000) * 2 * Math.PI + 1.1);
for (const client of clients) void askAgainAndAgain(client);

async function askAgainAndAgain({ name, perSecond, tokens }) {
  for (;;) {
    await pause((-Math.log(1 - Math.random()) * 1000) / (perSecond * Math.max(0.08, load())));
    void ask(name, Math.round(tokens * (0.4 + 1.2 * Math.random()))).catch(() => undefined);
  }
}

async function ask(key, tokens) {
  const words = 'word '.repeat(50 + Math.floor(Math.random() * 700));
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ messages: [{ role: 'user', content: words }], max_tokens: tokens, stream: true }),
    // Some people do not wait for the end.
    signal: AbortSignal.timeout(Math.random() < 0.04 ? 4000 : 120_000),
  });
  await response.text();
}

const browser = await chromium.launch({
  executablePath: process.env.CHATSTREAM_TEST_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
mkdirSync(images, { recursive: true });
const desktop = { width: 1280, height: 800 };
const phone = { width: 360, height: 740 };
await pause(end - performance.now() - 45_000 > 0 ? end - performance.now() - 45_000 : 0);
// Still ones: cards that are on their way would leave gaps.
await picture('console-queue', { viewport: desktop, colorScheme: 'light', reducedMotion: 'reduce' }, '#/queue', 25_000);
await picture(
  'console-queue-dark',
  { viewport: desktop, colorScheme: 'dark', reducedMotion: 'reduce' },
  '#/queue',
  12_000,
);
await picture('console-charts', { viewport: desktop, colorScheme: 'light' }, '#/charts', 2000);
await picture('console-phone', { viewport: phone, colorScheme: 'dark', reducedMotion: 'reduce' }, '#/queue', 9000);
await browser.close();
rmSync(folder, { recursive: true, force: true });
process.exit();

/** Opens the console, lets it show what happens for a while, and writes a WebP picture of it. */
async function picture(name, options, hash, forMs) {
  // Sharp at the width at which pages show it, and not larger than that needs.
  const deviceScaleFactor = options.viewport === phone ? 2 : 1.5;
  const context = await browser.newContext({ ...options, deviceScaleFactor, locale: 'en-GB' });
  await context.addInitScript("sessionStorage.setItem('chatstream.key', 'admin')");
  const page = await context.newPage();
  await page.goto(`${url}/${hash}`);
  await pause(forMs);
  await writePicture(page, join(images, `${name}.webp`));
  await context.close();
}
