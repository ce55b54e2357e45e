import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The compiled entry point of the engine process. Node 20 cannot run TypeScript, so when this very module runs from
 * `src` (tests, bin/dev.js), the engine process runs what `npm run build` put into `dist`.
 */
export function hostPath(): string {
  const beside = fileURLToPath(new URL('./host.js', import.meta.url));
  if (existsSync(beside)) return beside;
  return fileURLToPath(new URL('../../../../dist/core/engine/process/host.js', import.meta.url));
}
