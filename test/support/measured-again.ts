import { readFileSync, writeFileSync } from 'node:fs';
import { isRecord } from '../../src/core/base/json.js';

/** Writes the result of a bench as if the same had been measured once more: a copy of it is refused. */
export function writeMeasuredAgain(from: string, to: string): void {
  const result: unknown = JSON.parse(readFileSync(from, 'utf8'));
  if (!isRecord(result)) throw new Error(`${from} is not a result`);
  writeFileSync(to, JSON.stringify({ ...result, started_at: '2026-01-02T03:04:05.000Z' }));
}
