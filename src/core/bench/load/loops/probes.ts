import { mixSeeds, seededRandom } from '../../../base/random.js';
import { type BodyOptions, requestBody } from '../../workload/request-body.js';
import { drawWords } from '../../workload/words.js';
import type { LoadJob, ProbeJob } from '../job/load-job.js';
import type { MeasurementWindow, Pauses } from './load-run.js';
import { waitUntil } from './wait-until.js';

/** Keeps these draws apart from others of the same seed. */
const purpose = 0x9e0be;

/** So short that reading it takes almost no time. */
const promptWords = 8;

/**
 * Sends probes while the load is being sent. They show what a short request experiences at the moment, whatever the
 * requests of the load are like.
 *
 * @param pauses end when the load has been sent
 */
export async function runProbes(
  { rate, seed }: ProbeJob,
  { run, worker, workers, body }: Pick<LoadJob, 'run' | 'worker' | 'workers' | 'body'>,
  window: MeasurementWindow,
  pauses: Pauses,
  send: (body: string, intendedUs: number) => Promise<void>,
): Promise<void> {
  const inFlight: Promise<void>[] = [];
  for (let index = worker; ; index += workers) {
    const intendedUs = window.beginUs + ((index + 0.5) / rate) * 1e6;
    await waitUntil(intendedUs, pauses);
    if (pauses.areOver || window.isOver(intendedUs)) break;
    inFlight.push(send(probeBody(mixSeeds(seed, purpose, run, index), body), intendedUs));
  }
  await Promise.all(inFlight);
}

function probeBody(seed: number, body: BodyOptions): string {
  const content = drawWords(promptWords, seededRandom(seed));
  return requestBody({ messages: [{ role: 'user', content }], outputTokens: 1 }, body);
}
