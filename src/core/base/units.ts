import { ChatstreamError } from './errors.js';

const millisecondsPer = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const durationPattern = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;

/**
 * Reads a duration as the flags take it: `250ms`, `10s`, `1.5m`, `0`.
 *
 * @returns milliseconds, 0 or more
 * @throws ChatstreamError `usage` for anything else
 */
export function parseDuration(text: string): number {
  if (text === '0') return 0;
  const match = durationPattern.exec(text.trim());
  const unit = match?.[2];
  if (match === null || !isDurationUnit(unit)) {
    throw new ChatstreamError('usage', `"${text}" is not a duration.`, {
      hint: 'Write a number and a unit, such as 250ms, 10s or 2m.',
    });
  }
  return Number(match[1]) * millisecondsPer[unit];
}

function isDurationUnit(text: string | undefined): text is keyof typeof millisecondsPer {
  return text !== undefined && text in millisecondsPer;
}

/** Milliseconds for people: `850 ms`, `1.2 s`, `3 min`. The unit is that of the rounded figure: never `1000 ms`. */
export function formatDuration(ms: number): string {
  if (Math.round(ms) < 1000) return `${String(Math.round(ms))} ms`;
  const seconds = Number((ms / 1000).toFixed(1));
  return seconds < 60 ? `${String(seconds)} s` : `${String(Number((ms / 60_000).toFixed(1)))} min`;
}

const bytesPer = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
} as const;
const bytesPattern = /^(\d+(?:\.\d+)?)\s*([kmgt]?i?b)$/i;

/**
 * Reads a size as the flags take it: `512MiB`, `1.5GiB`, `2GB`, `0`.
 *
 * @returns bytes, 0 or more
 * @throws ChatstreamError `usage` for anything else
 */
export function parseBytes(text: string): number {
  if (text === '0') return 0;
  const match = bytesPattern.exec(text.trim());
  const unit = match?.[2]?.toUpperCase();
  if (match === null || !isByteUnit(unit)) {
    throw new ChatstreamError('usage', `"${text}" is not a size.`, {
      hint: 'Write a number and a unit, such as 512MiB or 2GiB.',
    });
  }
  return Math.floor(Number(match[1]) * bytesPer[unit]);
}

function isByteUnit(text: string | undefined): text is keyof typeof bytesPer {
  return text !== undefined && text in bytesPer;
}

/** Bytes for people, in binary units: `512 B`, `6.4 MiB`, `1.5 GiB`. The unit is that of the rounded figure. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
  let scaled = bytes;
  let power = 0;
  for (; Math.round(scaled) >= 1024 && power < units.length - 1; power += 1) scaled /= 1024;
  const short = scaled.toFixed(1);
  return `${power === 0 || Number(short) >= 100 ? String(Math.round(scaled)) : short} ${units[power] ?? 'B'}`;
}
