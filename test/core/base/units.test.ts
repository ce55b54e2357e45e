import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, parseBytes, parseDuration } from '../../../src/core/base/units.js';

describe('parseDuration', () => {
  it.each([
    ['250ms', 250],
    ['10s', 10_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['0', 0],
    ['0s', 0],
    [' 3s ', 3000],
  ])('reads %j as %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '10', '-1s', '1 s', '1d', '.5s', '1e3ms', 's', '1s2', 'infinity'])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow(
      expect.objectContaining({ code: 'usage', message: `"${text}" is not a duration.` }),
    );
  });
});

describe('parseBytes', () => {
  it.each([
    ['0', 0],
    ['512MiB', 2 ** 29],
    ['1.5GiB', 1.5 * 2 ** 30],
    ['2GB', 2e9],
    [' 3 kib ', 3072],
    ['7B', 7],
    ['1TiB', 2 ** 40],
  ])('reads %j as %d bytes', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it.each(['', '10', '-1MiB', '1M', 'MiB', '1PiB', '1e3MB', '1MiB2'])('refuses %j', (text) => {
    expect(() => parseBytes(text)).toThrow(
      expect.objectContaining({ code: 'usage', message: `"${text}" is not a size.` }),
    );
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0 ms'],
    [849.6, '850 ms'],
    [999.4, '999 ms'],
    [999.6, '1 s'],
    [1000, '1 s'],
    [1240, '1.2 s'],
    [59_000, '59 s'],
    [59_960, '1 min'],
    [60_000, '1 min'],
    [90_000, '1.5 min'],
  ])('writes %d ms as %j', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [512, '512 B'],
    [1024, '1.0 KiB'],
    [99.96 * 1024, '100 KiB'],
    [1024 ** 2 - 1, '1.0 MiB'],
    [1023.4 * 1024 ** 2, '1023 MiB'],
    [6.4 * 1024 ** 2, '6.4 MiB'],
    [150 * 1024 ** 2, '150 MiB'],
    [1.5 * 1024 ** 3, '1.5 GiB'],
    [5000 * 1024 ** 4, '5000 TiB'],
  ])('writes %d bytes as %j', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});
