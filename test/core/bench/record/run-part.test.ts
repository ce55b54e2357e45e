import { describe, expect, it } from 'vitest';
import { decodePart, encodePart } from '../../../../src/core/bench/record/run-part.js';
import { metricNames } from '../../../../src/core/measurement/metric-names.js';
import { partOf } from '../result/parts.js';

describe('what a worker measured', () => {
  it('comes from another thread as it was', () => {
    const part = partOf({ completed: 3, histograms: { ttft: [1, 20, 300], e2e: [4000] }, loopDelayMs: [0.2] });
    const received = decodePart(structuredClone(encodePart(part)));
    expect(received).toMatchObject({ completed: 3, span: null, tokenSources: { usage: 0, chunks: 0 } });
    for (const name of metricNames) expect(received.histograms[name].cells()).toEqual(part.histograms[name].cells());
    expect(received.loopDelay.cells()).toEqual(part.loopDelay.cells());
  });
});
