import { existsSync } from 'node:fs';

/**
 * The compiled script that a module starts in another thread. Node 20 cannot run TypeScript, so when the module itself
 * runs from `src` (tests), this is what `npm run build` put into `dist`.
 *
 * @param moduleUrl `import.meta.url` of the module
 * @param path of the script, relative to the module, such as `./worker.js`
 */
export function compiledFile(moduleUrl: string, path: string): URL {
  const beside = new URL(path, moduleUrl);
  if (existsSync(beside)) return beside;
  return new URL(beside.href.replace(/^(.*\/)src\/(?=core\/)/, '$1dist/'));
}
