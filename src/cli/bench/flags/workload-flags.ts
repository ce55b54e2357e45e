import { Flags } from '@oclif/core';
import { endpoints } from '../../../core/measurement/workload/endpoints.js';
import { parseThinkTime, type ThinkTime } from '../../../core/measurement/workload/think-time.js';
import { defaultInWords, defaultLengths, defaultNumber, positiveNumberFlag, turnsFlag } from '../../flags/flags.js';

const requests = { helpGroup: 'REQUESTS' };

const thinkTimeFlag = Flags.custom<ThinkTime>({
  parse: (input) => Promise.resolve(parseThinkTime(input)),
});

/** Flags of bench for requests that belong together, such as the turns of a conversation. */
export const benchWorkloadFlags = {
  config: Flags.file({
    helpGroup: 'LOAD',
    summary: 'YAML or JSON file with values of these flags. The command line and the environment take precedence.',
    // `serve --config` reads a different kind of file.
    env: 'CHATSTREAM_BENCH_CONFIG',
  }),
  endpoint: Flags.option({
    ...requests,
    ...defaultInWords('what --url ends with, or chat'),
    summary: 'API to measure: chat completions, completions, responses (OpenAI), messages (Anthropic) or embeddings.',
    options: endpoints,
  })(),
  'no-stream': Flags.boolean({
    ...requests,
    summary: 'Ask for whole answers instead of streams. The time to first token is then unavailable.',
  }),
  turns: turnsFlag({
    ...requests,
    ...defaultLengths('1'),
    summary: "User messages in each conversation: 5, 5±2 or 3-8. Each carries the server's own answers.",
  }),
  'think-time': thinkTimeFlag({
    ...requests,
    summary: 'Pause between an answer and the next message: 2s, 2s±1s (mean and standard deviation) or 1s-3s.',
  }),
  tenants: Flags.file({
    ...requests,
    summary:
      'YAML or JSON file with the tenants that load the server together: key, share of the load, priority, workload.',
    exclusive: ['find-max'],
  }),
  trace: Flags.file({
    ...requests,
    summary: "Replay a trace: Mooncake's JSONL, or the CSV of Azure's LLM inference traces or of BurstGPT.",
    exclusive: ['find-max', 'tenants', 'prompts', 'rate', 'requests', 'live-answers'],
  }),
  speed: positiveNumberFlag({
    ...requests,
    ...defaultNumber('1'),
    summary: 'How fast --trace is replayed: with 2, in half the time.',
  }),
  'live-answers': Flags.boolean({
    ...requests,
    summary: "Conversations of --prompts continue with the server's own answers instead of those in the file.",
    dependsOn: ['prompts'],
  }),
};
