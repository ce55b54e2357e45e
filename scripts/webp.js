import { writeFileSync } from 'node:fs';

/**
 * Takes a picture of a page and writes it as WebP. Chromium encodes it, so that no image library is needed.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} path
 * @param {{ quality?: number }} [options] 0 to 1
 */
export async function writePicture(page, path, { quality = 0.8 } = {}) {
  const png = await page.screenshot({ type: 'png' });
  const canvas = await page.context().newPage();
  const webp = await canvas.evaluate(
    async ({ data, quality }) => {
      const image = new globalThis.Image();
      image.src = data;
      await image.decode();
      const surface = new globalThis.OffscreenCanvas(image.width, image.height);
      surface.getContext('2d').drawImage(image, 0, 0);
      const blob = await surface.convertToBlob({ type: 'image/webp', quality });
      return [...new Uint8Array(await blob.arrayBuffer())];
    },
    { data: `data:image/png;base64,${png.toString('base64')}`, quality },
  );
  writeFileSync(path, new Uint8Array(webp));
  await canvas.close();
}
