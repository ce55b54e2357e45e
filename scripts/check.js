// Types, lint, format, imports, unused code and the package. ESLint takes longer than all others together, so they run beside it.
import { inTurn } from './in-turn.js';

const names = ['types', 'format', 'imports', 'unused', 'package'];
const ended = await Promise.all([
  inTurn(['npm run --silent check:lint']),
  inTurn(names.map((name) => `npm run --silent check:${name}`)),
]);
process.exitCode = ended.every(Boolean) ? 0 : 1;
