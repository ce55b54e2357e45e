import { describe, expect, it } from 'vitest';
import type { Look } from '../../../../src/core/bench/search/evidence.js';
import type { SearchSpec } from '../../../../src/core/bench/search/next-step.js';
import { SearchCourse } from '../../../../src/core/bench/search/search-course.js';

const spec: SearchSpec = {
  objectives: [{ text: 'ttft.p95<500ms', allowedShare: 0.05 }],
  ...{ start: 1, lowest: 0.01, highest: 1000 },
  ...{ isWhole: false, isMonotonic: true, precision: 0.05, mostLooks: 5 },
};

function lookAt(load: number, limit: number): Look {
  const piece = { successes: load > limit ? 100 : 0, attempts: 100 };
  const told = { isOverloaded: false, isUntold: false, isRising: false, hiddenExcess: 0 };
  return { load, missed: [Array.from({ length: 16 }, () => piece)], answered: 1600, ...told };
}

/** Follows a search to its end; what it asked for, in order. */
function follow(course: SearchCourse, limit: number, mostSendable = Infinity): readonly number[] {
  const loads: number[] = [];
  for (let asked = course.next(); asked !== null; asked = course.next()) {
    loads.push(asked.load);
    if (asked.load > mostSendable) course.discard(asked.load);
    else course.add(lookAt(asked.load, limit));
  }
  return loads;
}

describe('the course of a search', () => {
  it('knows nothing before the first measurement, and where the limit is at its end', () => {
    const course = new SearchCourse(spec);
    expect(course.conclude()).toMatchObject({ status: 'nothing-measured', isFinished: false });
    expect(follow(course, 11).slice(0, 5)).toEqual([1, 2, 4, 8, 16]);
    expect(course.conclude()).toMatchObject({ status: 'found', isFinished: true, isClientFull: false });
  });

  it('counts all measurements of a load as trials, and only those that were not discarded as looks', () => {
    const course = new SearchCourse(spec);
    expect(course.next()).toEqual({ load: 1, look: 1, trial: 1, isRepeated: false });
    course.discard(1);
    expect(course.next()).toEqual({ load: 1, look: 1, trial: 2, isRepeated: true });
    course.add(lookAt(1, 11));
    expect(course.next()).toEqual({ load: 2, look: 1, trial: 1, isRepeated: false });
  });

  it('stays below a load that was discarded twice, and ends where that is', () => {
    const course = new SearchCourse(spec);
    const loads = follow(course, 100, 21);
    expect(loads.filter((load) => load >= 32)).toEqual([32, 32]);
    expect(course.conclude()).toMatchObject({ status: 'all-hold', isFinished: false, isClientFull: true });
  });

  it('ends with what it knows where a load that was measured before is discarded twice', () => {
    const course = new SearchCourse(spec);
    course.next();
    course.add(lookAt(1, 11));
    course.discard(1);
    expect(course.next()).not.toBeNull();
    course.discard(1);
    expect(course.next()).toBeNull();
    expect(course.conclude()).toMatchObject({ status: 'all-hold', highest: 1, isClientFull: true });
  });
});
