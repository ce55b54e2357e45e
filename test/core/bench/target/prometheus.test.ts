import { describe, expect, it } from 'vitest';
import {
  countedBetween,
  nothingCounted,
  readCounters,
  readQueueWait,
} from '../../../../src/core/bench/target/prometheus.js';
import {
  addBuckets,
  type BucketCounts,
  bucketQuantileMs,
  bucketsBetween,
} from '../../../../src/core/measurement/latency/buckets.js';

const vllm = `# HELP vllm:num_requests_waiting Number of requests waiting to be processed.
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{engine="0",model_name="m"} 3.0
# HELP vllm:request_queue_time_seconds Histogram of time spent in WAITING phase for request.
# TYPE vllm:request_queue_time_seconds histogram
vllm:request_queue_time_seconds_bucket{engine="0",le="0.3",model_name="m"} 5.0
vllm:request_queue_time_seconds_bucket{engine="0",le="0.5",model_name="m"} 8.0
vllm:request_queue_time_seconds_bucket{engine="0",le="+Inf",model_name="m"} 9.0
vllm:request_queue_time_seconds_count{engine="0",model_name="m"} 9.0
vllm:request_queue_time_seconds_sum{engine="0",model_name="m"} 3.25
# HELP vllm:request_queue_time_seconds_created Histogram of time spent in WAITING phase for request.
# TYPE vllm:request_queue_time_seconds_created gauge
vllm:request_queue_time_seconds_created{engine="0",model_name="m"} 1.7600000e+09
`;

const tgi = `# TYPE tgi_request_queue_duration histogram
tgi_request_queue_duration_bucket{le="0.00015000000000000001"} 2
tgi_request_queue_duration_bucket{le="0.00022500000000000002"} 6
tgi_request_queue_duration_bucket{le="+Inf"} 6
tgi_request_queue_duration_sum 0.0009
tgi_request_queue_duration_count 6
`;

const sglang = `# HELP sglang:queue_time_seconds Histogram of queueing time in seconds.
# TYPE sglang:queue_time_seconds histogram
sglang:queue_time_seconds_sum{engine_type="unified",model_name="m",tp_rank="0"} 2.5
sglang:queue_time_seconds_bucket{engine_type="unified",le="0.0",model_name="m",tp_rank="0"} 1.0
sglang:queue_time_seconds_bucket{engine_type="unified",le="0.1",model_name="m",tp_rank="0"} 4.0
sglang:queue_time_seconds_bucket{engine_type="unified",le="+Inf",model_name="m",tp_rank="0"} 10.0
sglang:queue_time_seconds_count{engine_type="unified",model_name="m",tp_rank="0"} 10.0
`;

describe('readQueueWait', () => {
  it("reads vLLM's, in milliseconds and without the lower buckets", () => {
    expect(readQueueWait(vllm)).toEqual({
      buckets: [
        { upToMs: 300, count: 5 },
        { upToMs: 500, count: 3 },
        { upToMs: null, count: 1 },
      ],
      count: 9,
      sumMs: 3250,
    });
  });

  it("reads TGI's, which has no labels", () => {
    const read = readQueueWait(tgi);
    expect(read?.buckets.map(({ count }) => count)).toEqual([2, 4, 0]);
    expect(read?.buckets[1]?.upToMs).toBeCloseTo(0.225);
    expect(read).toMatchObject({ count: 6, sumMs: 0.9 });
  });

  it.each([
    ['its name now', sglang],
    ['its name before', sglang.replaceAll('queue_time_seconds', 'queue_time_s')],
  ])("reads SGLang's by %s", (_name, text) => {
    expect(readQueueWait(text)).toEqual({
      buckets: [
        { upToMs: 0, count: 1 },
        { upToMs: 100, count: 3 },
        { upToMs: null, count: 6 },
      ],
      count: 10,
      sumMs: 2500,
    });
  });

  it('adds up the engines and models of one server', () => {
    const second = vllm.replaceAll('engine="0"', 'engine="1"');
    expect(readQueueWait(vllm + second)).toMatchObject({
      buckets: [{ count: 10 }, { count: 6 }, { count: 2 }],
      count: 18,
      sumMs: 6500,
    });
  });

  it('reads label values with braces, quotes and commas in them', () => {
    const text = vllm.replaceAll('model_name="m"', String.raw`model_name="a}b,le=\"9\" {c"`);
    expect(readQueueWait(text)).toEqual(readQueueWait(vllm));
  });

  it('reads values with timestamps, in any order of buckets and with any line ends', () => {
    const text = [
      'vllm:request_queue_time_seconds_bucket{le="+Inf"} 1e+01 1700000000000',
      'vllm:request_queue_time_seconds_bucket{le="1"} 4 1700000000000',
      'vllm:request_queue_time_seconds_count 10 1700000000000',
      'vllm:request_queue_time_seconds_sum 20.5 1700000000000',
    ].join('\r\n');
    expect(readQueueWait(text)).toEqual({
      buckets: [
        { upToMs: 1000, count: 4 },
        { upToMs: null, count: 6 },
      ],
      count: 10,
      sumMs: 20_500,
    });
  });

  it('does not take a sum that is not a number for 0', () => {
    expect(readQueueWait(vllm.replace(' 3.25', ' NaN'))?.sumMs).toBeNaN();
  });

  it('does not confuse it with histograms of similar names', () => {
    const text = vllm.replaceAll('vllm:request_queue_time_seconds', 'vllm:request_queue_time_seconds_of_others');
    expect(readQueueWait(text)).toBeNull();
  });

  it.each([
    ['nothing', ''],
    ['other metrics', '# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total 3\n'],
    ['a page', '<html>vllm:request_queue_time_seconds</html>'],
    ['a histogram without buckets', 'tgi_request_queue_duration_sum 0\ntgi_request_queue_duration_count 0\n'],
  ])('is null for %s', (_name, text) => {
    expect(readQueueWait(text)).toBeNull();
  });
});

describe('the prompt cache of a server', () => {
  const vllmCache = `# TYPE vllm:prefix_cache_queries_total counter
vllm:prefix_cache_queries_total{engine="0",model_name="m"} 1000.0
vllm:prefix_cache_queries_created{engine="0",model_name="m"} 1.76e+09
vllm:prefix_cache_hits_total{engine="0",model_name="m"} 600.0
vllm:external_prefix_cache_queries_total{engine="0",model_name="m"} 77.0
`;
  const sglangCache = `sglang:prompt_tokens_total{model_name="m",is_streaming="true"} 900.0
sglang:prompt_tokens_total{model_name="m",is_streaming="false"} 100.0
sglang:cached_tokens_total{model_name="m",cache_source="device"} 500.0
sglang:cached_tokens_total{model_name="m",cache_source="host"} 100.0
`;

  it.each([
    ["vLLM's", vllmCache],
    ["vLLM's by its name before", vllmCache.replaceAll('vllm:prefix_cache', 'vllm:gpu_prefix_cache')],
    ["SGLang's, from all kinds of cache", sglangCache],
  ])('is %s', (_name, text) => {
    expect(readCounters(text).promptCache).toEqual({ cachedTokens: 600, promptTokens: 1000 });
  });

  it('is nothing without the counters', () => {
    const nothing = { cachedTokens: 0, promptTokens: 0 };
    expect(readCounters(tgi).promptCache).toEqual(nothing);
    expect(readCounters('').promptCache).toEqual(nothing);
    expect(countedBetween(readCounters(''), readCounters(tgi)).promptCache).toBeNull();
  });

  it('is what was counted between two readings', () => {
    const after = readCounters(vllmCache.replace('1000.0', '1400.0').replace('600.0', '990.0'));
    expect(countedBetween(readCounters(vllmCache), after).promptCache).toEqual({
      cachedTokens: 390,
      promptTokens: 400,
    });
    expect(countedBetween(readCounters(''), after).promptCache).toEqual({ cachedTokens: 990, promptTokens: 1400 });
  });

  it('is unknown if the server was restarted in between', () => {
    expect(countedBetween(readCounters(vllmCache), readCounters('')).promptCache).toBeNull();
  });

  it('comes with the queue wait', () => {
    const counted = countedBetween(readCounters(''), readCounters(vllm + vllmCache));
    expect(counted).toMatchObject({ queueWait: { count: 9 }, promptCache: { cachedTokens: 600 } });
  });
});

const counts = (...inBuckets: readonly [number, number, number]): BucketCounts => ({
  buckets: [
    { upToMs: 100, count: inBuckets[0] },
    { upToMs: 200, count: inBuckets[1] },
    { upToMs: null, count: inBuckets[2] },
  ],
  count: inBuckets.reduce((sum, count) => sum + count, 0),
  sumMs: inBuckets.reduce((sum, count) => sum + count, 0) * 150,
});

const otherBounds: BucketCounts = {
  ...counts(5, 5, 5),
  buckets: counts(5, 5, 5).buckets.map(({ upToMs, count }) => ({ upToMs: upToMs === 200 ? 250 : upToMs, count })),
};

describe('bucketsBetween', () => {
  it('is what was added', () => {
    expect(bucketsBetween(counts(1, 2, 3), counts(4, 2, 5))).toEqual(counts(3, 0, 2));
  });

  it('is everything if there was nothing before', () => {
    expect(bucketsBetween(nothingCounted, counts(4, 2, 5))).toEqual(counts(4, 2, 5));
  });

  it.each([
    ['there is no histogram', counts(0, 0, 0), nothingCounted],
    ['the server was restarted', counts(4, 2, 5), counts(1, 0, 0)],
    ['the server was restarted, and has counted more since', counts(4, 0, 0), counts(1, 9, 9)],
    ['the buckets are others', counts(1, 1, 1), otherBounds],
    ['there are more buckets', counts(1, 1, 1), { ...otherBounds, buckets: otherBounds.buckets.slice(1) }],
  ])('is null if %s', (_name, before, after) => {
    expect(bucketsBetween(before, after)).toBeNull();
  });
});

describe('addBuckets', () => {
  it('adds bucket by bucket', () => {
    expect(addBuckets(counts(1, 2, 3), counts(4, 2, 5))).toEqual(counts(5, 4, 8));
  });

  it('is null for different buckets', () => {
    expect(addBuckets(counts(1, 2, 3), otherBounds)).toBeNull();
  });
});

describe('bucketQuantileMs', () => {
  // Of 10: 4 up to 100 ms, 5 up to 200 ms, 1 above.
  const { buckets } = counts(4, 5, 1);

  it.each([
    // Rank 2 of the 4 between 0 and 100.
    [20, 50],
    // Rank 4: the end of the first bucket.
    [40, 100],
    // Rank 5 is the first of 5 between 100 and 200.
    [50, 120],
    [90, 200],
    // In the bucket without an upper end, its lower one is all that is known.
    [95, 200],
    [100, 200],
    [0, 0],
  ])('interpolates p%d to %d ms', (percent, ms) => {
    expect(bucketQuantileMs(buckets, percent)).toBeCloseTo(ms, 9);
  });

  it('interpolates from the end of an empty bucket', () => {
    expect(bucketQuantileMs(counts(0, 4, 0).buckets, 50)).toBeCloseTo(150, 9);
  });

  it('is null if nothing was counted', () => {
    expect(bucketQuantileMs(counts(0, 0, 0).buckets, 50)).toBeNull();
    expect(bucketQuantileMs([], 50)).toBeNull();
  });
});
