import { describe, expect, it } from 'vitest';
import { fieldText } from '../../../../src/core/measurement/settings/field-text.js';

describe('the value of a field for a reader', () => {
  it.each([
    ['seed', 1, '1'],
    ['arrival', 'poisson', 'poisson'],
    ['requests', null, 'none'],
    ['duration_ms', 12_500, '12.5 s'],
    ['memory_bytes', 3_565_158, '3.4 MiB'],
    ['no_param', [], 'none'],
    ['rates', [1, 2.5], '1, 2.5'],
    ['gpus', ['NVIDIA H200', 'NVIDIA H200'], 'NVIDIA H200, NVIDIA H200'],
    ['extra_body', { top_k: 1 }, '{"top_k":1}'],
    ['trace', { format: 'azure', rows: 20, speed: 2 }, 'format azure, rows 20, speed 2'],
    ['find_max', { by: 'rate', promises: ['ttft.p95<1s', 'e2e<5s'] }, 'by rate, promises ttft.p95<1s, e2e<5s'],
  ])('%s %j is %s', (name, value, text) => {
    expect(fieldText(name, value)).toBe(text);
  });

  it('is the rate and the time of each of the stages', () => {
    const stages = [
      { from_rate: 5, to_rate: 5, duration_ms: 30_000 },
      { from_rate: 0, to_rate: 7.5, duration_ms: 500 },
    ];
    expect(fieldText('stages', stages)).toBe('5/s for 30 s, then 0/s to 7.5/s in 500 ms');
  });

  it('begins with the name of what has one', () => {
    const tenants = [{ name: 'blue', clients: 2, weight: 1 }, { clients: 1, name: 'red' }, { name: 'idle' }];
    expect(fieldText('tenants', tenants)).toBe('blue (clients 2, weight 1), red (clients 1), idle');
  });
});
