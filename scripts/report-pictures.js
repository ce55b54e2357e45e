// Makes the pictures of reports in docs/images: measures the bundled model, and two servers that differ, and takes the pages
// with the browser of the slow tests.
//
//   npm run build && node scripts/report-pictures.js
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { writePicture } from './webp.js';

const images = fileURLToPath(new URL('../docs/images/', import.meta.url));
const binary = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'chatstream-pictures-'));
const run = promisify(execFile);

const bench = (...args) => run(process.execPath, [binary, 'bench', ...args], { cwd: folder });
/** Slow enough that the client's own delay does not show, even on a busy machine. */
const mock = '--engine mock --mock-prefill 150ms --mock-token 20ms'.split(' ');

/** The bundled model on one thread, whose tokens take longer the more of them it makes at once. */
const sweep = '--threads 1 --output-tokens 24 -c 16 -n 1,2,4,8,16 -d 20s --trials 3 --slo tpot.p95<25ms'.split(' ');
await bench(...sweep, '-o', 'report.html');

const baseline = await serve(...mock);
const candidate = await serve(...mock.with(3, '200ms'));
const limits = '--fail-on ttft.p50>10% --fail-on tpot.p50>10% --fail-on output_tokens_per_second<10%'.split(' ');
const load = '--output-tokens 16 -c 4 -n 2 -d 5s --warmup 500ms --trials 5'.split(' ');
// A regression is found: an exit code other than 0.
await bench('-u', candidate.url, '--versus', baseline.url, ...load, ...limits, '-o', 'comparison.html').catch(
  () => undefined,
);
for (const { process: server } of [baseline, candidate]) server.kill();

const browser = await chromium.launch({
  executablePath: process.env.CHATSTREAM_TEST_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
await picture('report', 'light', 'Throughput and TTFT by max-concurrency');
await picture('comparison', 'dark', 'Intervals against their limits: ratios');
await browser.close();
rmSync(folder, { recursive: true, force: true });

/** Starts a server that serves two at a time. */
async function serve(...flags) {
  const server = spawn(process.execPath, [binary, 'serve', '--port', '0', '--json', '-n', '2', ...flags], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  process.once('exit', () => server.kill());
  const { value: line } = await createInterface(server.stdout)[Symbol.asyncIterator]().next();
  return { url: JSON.parse(line).url, process: server };
}

/** The page from its beginning to the end of the figure whose label begins so. */
async function picture(name, colorScheme, lastFigure) {
  const context = await browser.newContext({ viewport: { width: 1060, height: 800 }, colorScheme });
  const page = await context.newPage();
  await page.goto(pathToFileURL(join(folder, `${name}.html`)).href);
  const { y, height } = await page.getByRole('group', { name: lastFigure }).first().boundingBox();
  await page.setViewportSize({ width: 1060, height: Math.round(y + height) + 24 });
  await writePicture(page, join(images, `${name}.webp`), { quality: 0.65 });
  await context.close();
}
