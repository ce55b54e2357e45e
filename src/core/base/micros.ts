/**
 * The difference between `performance.now()`, which starts with its thread, and a clock that all threads share. The two
 * clocks cannot be read at the same moment, and the first reading loads code, so the closest of several readings is used.
 */
function offsetToSharedClockUs(): number {
  let closestUs = Number.POSITIVE_INFINITY;
  let offsetUs = 0;
  for (let reading = 0; reading < 10; reading += 1) {
    const before = process.hrtime.bigint();
    const nowUs = performance.now() * 1000;
    const tookUs = Number(process.hrtime.bigint() - before) / 1000;
    if (tookUs >= closestUs) continue;
    closestUs = tookUs;
    offsetUs = Number(before) / 1000 + tookUs / 2 - nowUs;
  }
  return offsetUs;
}

const offsetUs = offsetToSharedClockUs();

/**
 * The only clock of the load generator: monotonic microseconds, the same in every thread and process of the machine.
 */
export function microsNow(): number {
  return performance.now() * 1000 + offsetUs;
}
