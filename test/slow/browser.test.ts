import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, hasChromium, needsChromium, startBrowser } from '../support/browser.js';

describe.skipIf(!hasChromium())(`the browser for tests ${needsChromium}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
  });

  it('runs the scripts of a page', async () => {
    const page = await browser.context.newPage();
    await page.setContent('<p>one</p><script>document.querySelector("p").textContent = "two"</script>');
    expect(await page.textContent('p')).toBe('two');
  });
});
