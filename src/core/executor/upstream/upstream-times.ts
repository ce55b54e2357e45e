import { type HealthOptions, usualHealth } from '../health.js';

/** Durations in milliseconds. */
export interface UpstreamTimes extends HealthOptions {
  /** Between two probes of an upstream that is well. */
  readonly probeIntervalMs: number;
  /** How long one may take. */
  readonly probeTimeoutMs: number;
  readonly connectTimeoutMs: number;
}

export const usualTimes: UpstreamTimes = {
  ...usualHealth,
  probeIntervalMs: 5000,
  probeTimeoutMs: 5000,
  connectTimeoutMs: 3000,
};
