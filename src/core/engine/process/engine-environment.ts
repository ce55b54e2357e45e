/** Memory from malloc in pages of 2 MiB, where Linux gives them to those who ask (`madvise`, the usual setting). */
const hugePages = 'glibc.malloc.hugetlb=1';

/**
 * What an engine process needs in its environment, because it cannot be set once the process runs.
 *
 * - node-llama-cpp decodes on libuv's thread pool. With one thread in it, decoding on a CPU is two to three times faster.
 * - Every token reads all weights. From huge pages that is 4 to 5 % faster (a model of 230 MB in q4_0, one compute thread);
 *   glibc before 2.35 and other C libraries ignore the wish.
 */
export function engineEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const tunables = environment['GLIBC_TUNABLES'];
  return {
    ...environment,
    UV_THREADPOOL_SIZE: '1',
    // The last one counts: a setting of the user's own wins.
    GLIBC_TUNABLES: tunables === undefined || tunables === '' ? hugePages : `${hugePages}:${tunables}`,
  };
}
