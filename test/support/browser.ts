import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

const executable = process.env['CHATSTREAM_TEST_CHROMIUM'] ?? '/usr/bin/chromium';

/** For titles of tests that are skipped without a browser. */
export const needsChromium = '(needs Chromium at /usr/bin/chromium or CHATSTREAM_TEST_CHROMIUM)';

/**
 * Whether there is a browser to test with: `describe.skipIf(!hasChromium())('…' + needsChromium, …)`.
 *
 * @throws Error on continuous integration (`CI=true`) if there is none: everything is installed there, nothing is skipped
 */
export function hasChromium(): boolean {
  if (existsSync(executable)) return true;
  if (process.env['CI'] === 'true') throw new Error(`CI needs Chromium at ${executable}.`);
  return false;
}

export interface Browser {
  /** Pages are opened in it; its `setOffline`, `route` and `on('request')` work as Playwright documents them. */
  readonly context: BrowserContext;
  /** Writes a picture of the whole page to the folder that `CHATSTREAM_TEST_SCREENSHOTS` names; does nothing without one. */
  keepPicture(page: Page, name: string): Promise<void>;
  /** Ends the browser and removes its folder. */
  close(): Promise<void>;
}

/**
 * A browser without a window and with nothing of the user's. It asks for nothing in the background, so that every request
 * that a test sees is one of the page.
 */
export async function startBrowser(): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'chatstream-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: executable,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  return {
    context,
    async keepPicture(page, name) {
      const folder = process.env['CHATSTREAM_TEST_SCREENSHOTS'] ?? '';
      if (folder === '') return;
      await mkdir(folder, { recursive: true });
      await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
    },
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
