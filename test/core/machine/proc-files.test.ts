import { describe, expect, it } from 'vitest';
import { parseProcess } from '../../../src/core/machine/process-usage.js';
import { parseProcStat } from '../../../src/core/machine/processor-times.js';

describe('/proc/stat', () => {
  it('tells what all cores have done, waiting for disks not counted', () => {
    const text =
      'cpu  100 10 50 800 30 5 5 0 20 0\ncpu0 50 5 25 400 15 2 3 0 10 0\ncpu1 50 5 25 400 15 3 2 0 10 0\nintr 1 2\n';
    expect(parseProcStat(text)).toEqual({ cores: 2, busy: 170, total: 1000 });
  });

  it('is not understood if it is something else', () => {
    expect(parseProcStat('')).toBeNull();
    expect(parseProcStat('cpu  1 2 3\n')).toBeNull();
  });
});

describe('the files of a process', () => {
  const stat = '42 (node (worker) 1) S 1 42 42 0 -1 4194560 1000 0 0 0 250 50 0 0 20 0 11 0 100 1000 2000';

  it('tell its time and its memory', () => {
    const status = 'Name:\tnode\nVmPeak:\t 900 kB\nVmRSS:\t    2048 kB\n';
    expect(parseProcess(42, stat, status)).toEqual({ pid: 42, cpuMs: 3000, residentBytes: 2_097_152 });
  });

  it('tell nothing of one that has ended', () => {
    expect(parseProcess(42, stat, 'Name:\tnode\n')).toBeNull();
  });
});
