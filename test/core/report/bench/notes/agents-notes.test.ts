import { describe, expect, it } from 'vitest';
import type { Run } from '../../../../../src/core/measurement/result-schema.js';
import { saturationOfRuns } from '../../../../../src/core/measurement/validity/saturation.js';
import { agentsNote } from '../../../../../src/core/report/bench/notes/agents-notes.js';
import { truthWarnings } from '../../../../../src/core/report/bench/notes/warnings.js';
import { benchResult } from '../../../../support/bench-result.js';

type Member = NonNullable<Run['agents']>['members'][number];

function member(name: string, more: Partial<Member> = {}): Member {
  return {
    ...{ name, status: 'finished', started_after_ms: 1, workers: 1, completed: 10, cpu_share: 0.2, saturation: [] },
    event_loop_delay_ms: { p50: 0, p99: 1, max: 2 },
    ...more,
  };
}

function runOf(...members: readonly Member[]): Run {
  const [run] = benchResult({ settings: [{ concurrency: 8 }] }).result.runs;
  if (run === undefined) throw new Error('a result without runs');
  const saturation = [...new Set(members.flatMap((each) => each.saturation))];
  const client = { ...run.client, saturated: saturation.length > 0, saturation };
  return { ...run, client, agents: { start_spread_ms: 1.234, members: [...members] } };
}

describe('the notes about agents', () => {
  it('name them, and say how far apart they began', () => {
    expect(agentsNote({ runs: [runOf(member('anna'), member('ben'))] })).toBe(
      'The load came from 2 agents (anna, ben); they began at most 1.23 ms apart.',
    );
    const many = Array.from({ length: 200 }, (_, index) => member(`m${index}`));
    expect(agentsNote({ runs: [runOf(...many)] })).toMatch(/^The load came from 200 agents; they began/);
  });

  it('are none if one machine sends alone', () => {
    const { result } = benchResult({ settings: [{ concurrency: 8 }] });
    expect(agentsNote(result)).toBe('');
  });

  it('say which of them was saturated, and make the setting so', () => {
    const run = runOf(member('anna'), member('ben', { cpu_share: 0.97, saturation: ['cpu'] }));
    const { result } = benchResult({ settings: [{ concurrency: 8 }] });
    expect(truthWarnings({ ...result, runs: [run] }).join()).toContain('on ben: it used 97 % of a core');
    expect(saturationOfRuns([run])).toEqual(['cpu']);
  });
});
