import type { Page } from 'playwright-core';
import { expect, onTestFailed } from 'vitest';
import type { Browser } from './browser.js';

/** A page of the console, and what must not happen on it. */
export interface ConsolePage {
  readonly page: Page;
  /** Expects that nothing was complained about, and that only the server was asked; closes the page. */
  readonly close: () => Promise<void>;
}

interface ConsoleSettings {
  readonly size?: { readonly width: number; readonly height: number };
  /** Taken by the tab as if it had been typed. */
  readonly key?: string;
  /** The server refuses something that the test does on purpose, of which browsers write a line to the console. */
  readonly expectsRefusals?: boolean;
  /** What is done with the page before it is opened. */
  readonly prepare?: (page: Page) => Promise<void>;
}

const refusal = 'Failed to load resource';

/** Opens the console of a server. */
export async function openConsole(
  { context }: Browser,
  url: string,
  hash = '#/queue',
  { size = { width: 1440, height: 900 }, key, expectsRefusals = false, prepare }: ConsoleSettings = {},
): Promise<ConsolePage> {
  const complaints: string[] = [];
  const page = await context.newPage();
  await page.setViewportSize(size);
  // What was not found is often explained by what is there.
  onTestFailed(async () => {
    const text = page.isClosed() ? 'closed' : await page.locator('body').innerText({ timeout: 5000 });
    process.stderr.write(`The console at ${page.url()}:\n${text}\nComplaints: ${complaints.join('\n')}\n`);
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // Violations of the content security policy are among these.
    const isExpected = expectsRefusals && message.text().startsWith(refusal);
    if (['error', 'warning'].includes(message.type()) && !isExpected) {
      complaints.push(`${message.text()} ${message.location().url}`);
    }
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) complaints.push(request.url());
  });
  if (key !== undefined) await page.addInitScript(`sessionStorage.setItem('chatstream.key', ${JSON.stringify(key)})`);
  await prepare?.(page);
  await page.goto(`${url}/${hash}`);
  return {
    page,
    close: async () => {
      expect(complaints).toEqual([]);
      await page.close();
    },
  };
}

/**
 * Runs axe, which must have been loaded, in the page: its findings that are serious or worse. What fades in is shown at
 * once, because it has little contrast until then.
 */
export const seriousFindings = `(async () => {
  for (const animation of document.getAnimations()) {
    if (animation.effect.getComputedTiming().endTime < Infinity) animation.finish();
  }
  // That targets are not too small is part of WCAG 2.2, which axe does not check by default.
  const { violations } = await axe.run({ rules: { 'target-size': { enabled: true } } });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' '));
})()`;
