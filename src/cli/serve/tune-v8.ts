import { setFlagsFromString } from 'node:v8';

/**
 * Before most of the server's code is compiled:
 *
 * - Lets V8 collect garbage sooner instead of growing its heap, which would look like a leak: between two collections, old
 *   objects may grow by a fifth. `--optimize-for-size` would save another 40 MiB, but shrinks the space for young objects so far
 *   that a token costs 1.2 to 1.6 times as much CPU time.
 * - Lets V8 compile functions when they are first called, and optimise them after a seventh of its usual patience. Most of a
 *   request's way is hundreds of functions that run once for each request, so that thousands of requests would find them
 *   unoptimised: see `first-token` in benchmarks/serve/README.md. From Node.js 22, V8 has a compiler in between and counts
 *   differently.
 */
export function tuneV8(): void {
  setFlagsFromString('--heap-growing-percent=20');
  setFlagsFromString('--always-sparkplug');
  if (Number.parseInt(process.versions.node, 10) < 22) setFlagsFromString('--interrupt-budget=20000');
}
