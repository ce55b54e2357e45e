import { Flags } from '@oclif/core';
import { parseArrival } from '../../../core/bench/plan/arrival.js';
import { type CancelOptions, parseCancel } from '../../../core/bench/plan/cancel.js';
import type { Arrival } from '../../../core/bench/plan/options.js';
import { parseRamp, parseStages, type RateStage } from '../../../core/bench/plan/stages.js';
import { positiveNumberFlag } from '../../flags/flags.js';

const load = { helpGroup: 'LOAD' };

const arrivalFlag = Flags.custom<Arrival>({ parse: (input) => Promise.resolve(parseArrival(input)) });
const rampFlag = Flags.custom<readonly RateStage[]>({ parse: (input) => Promise.resolve(parseRamp(input)) });
const stagesFlag = Flags.custom<readonly RateStage[]>({ parse: (input) => Promise.resolve(parseStages(input)) });
const cancelFlag = Flags.custom<CancelOptions>({ parse: (input) => Promise.resolve(parseCancel(input)) });

/** How the load changes over time, and what happens beside it. */
export const loadShapeFlags = {
  arrival: arrivalFlag({
    ...load,
    summary: 'How an open loop spaces its requests: poisson, constant, burst, or gamma:CV (gamma:2 is burstier).',
    default: 'poisson',
    defaultHelp: () => Promise.resolve('poisson'),
  }),
  ramp: rampFlag({
    ...load,
    summary: 'Open loop whose rate changes linearly, such as 0-20/60s: from 0 to 20 requests per second in 60 s.',
  }),
  stages: stagesFlag({
    ...load,
    summary: 'Open loop in stages, such as 2@30s,10@60s,2@30s: requests per second, and for how long.',
  }),
  'max-in-flight': Flags.integer({
    ...load,
    summary:
      'Most requests in flight in an open loop. Those held back are reported; ttft_from_schedule counts from when they were due.',
    min: 1,
  }),
  cancel: cancelFlag({
    ...load,
    summary: 'Clients that leave before they have their answer: with 10%@1s, a tenth of them leave 1 s after sending.',
  }),
  'probe-rate': positiveNumberFlag({
    ...load,
    summary: 'One-token requests per second beside the load, reported separately.',
  }),
};
