// Makes docs/images/fairness.webp: how long the tenants of examples/fairness wait under both policies of the queue, in one picture,
// drawn as reports draw it, with the browser of the slow tests. Prints the table of each policy for docs/fairness.md.
//
//   npm run build && node scripts/fairness-picture.js
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { readResult } from '../dist/core/measurement/read-result.js';
import { breakdownsOf } from '../dist/core/report/bench/latency/breakdown.js';
import { groupFigure } from '../dist/core/report/html/charts/groups.js';
import { pageText } from '../dist/core/report/html/frame.js';
import { loadPlot } from '../dist/core/report/html/plot/draw.js';
import { writePicture } from './webp.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'chatstream-fairness-'));
const groups = [];
let result;
for (const policy of ['fifo', 'fair']) {
  const file = join(folder, `${policy}.json`);
  await measure(policy, file);
  result = await readResult(file);
  const [latencies] = breakdownsOf(result).find(({ title }) => title === 'By tenant').latencies;
  groups.push(...latencies.groups.map((group) => ({ ...group, name: `${policy}: ${group.name}` })));
}
const latencies = { title: 'TTFT by --queue-policy and tenant', setting: '', settingCell: '', groups };
const body = groupFigure(await loadPlot(), result, latencies);
const page = join(folder, 'page.html');
writeFileSync(page, pageText({ title: 'Fairness', body, files: [] }));
await take(page);
rmSync(folder, { recursive: true, force: true });

async function measure(policy, file) {
  const serve = ['bin/run.js', 'serve', '--config', 'examples/fairness/serve.yaml', '--port', '0', '--json'];
  const server = spawn(process.execPath, [...serve, '--queue-policy', policy], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const stop = () => server.kill();
  process.once('exit', stop);
  const { value: line } = await createInterface(server.stdout)[Symbol.asyncIterator]().next();
  const load = ['--tenants', 'examples/fairness/tenants.yaml', '-d', '60s', '--warmup', '10s'];
  const bench = spawn(process.execPath, ['bin/run.js', 'bench', '-u', JSON.parse(line).url, ...load, '-o', file], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const code = await new Promise((resolve) => bench.once('exit', resolve));
  stop();
  process.off('exit', stop);
  if (code !== 0) throw new Error(`The measurement of ${policy} ended with ${code}.`);
}

async function take(path) {
  const browser = await chromium.launch({
    executablePath: process.env.CHATSTREAM_TEST_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  const context = await browser.newContext({ viewport: { width: 1060, height: 800 }, colorScheme: 'light' });
  const view = await context.newPage();
  await view.goto(pathToFileURL(path).href);
  const { y, height } = await view.getByRole('group', { name: latencies.title }).boundingBox();
  await view.setViewportSize({ width: 1060, height: Math.round(y + height) + 24 });
  await writePicture(view, join(root, 'docs/images/fairness.webp'), { quality: 0.65 });
  await browser.close();
}
