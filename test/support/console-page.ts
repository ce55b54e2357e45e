import type { Page } from 'playwright-core';
import { expect } from 'vitest';
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
}

/** Opens the console of a server. */
export async function openConsole(
  { context }: Browser,
  url: string,
  hash = '#/queue',
  { size = { width: 1440, height: 900 }, key }: ConsoleSettings = {},
): Promise<ConsolePage> {
  const complaints: string[] = [];
  const page = await context.newPage();
  await page.setViewportSize(size);
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // Violations of the content security policy are among these. Answers that refuse are not the page's fault.
    const isRefusal = message.text().startsWith('Failed to load resource');
    if (['error', 'warning'].includes(message.type()) && !isRefusal) complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) complaints.push(request.url());
  });
  if (key !== undefined) await page.addInitScript(`sessionStorage.setItem('chatstream.key', ${JSON.stringify(key)})`);
  await page.goto(`${url}/${hash}`);
  return {
    page,
    close: async () => {
      expect(complaints).toEqual([]);
      await page.close();
    },
  };
}

/** Runs axe, which must have been loaded, in the page: its findings that are serious or worse. */
export const seriousFindings = `axe.run().then(({ violations }) => violations
  .filter(({ impact }) => impact === 'serious' || impact === 'critical')
  .map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`;
