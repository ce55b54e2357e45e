import { type Static, Type } from 'typebox';
import {
  endedEarlySchema,
  promptCacheSchema,
  resultSchema,
  saturationSchema,
  settingSchema,
  targetSchema,
} from '../measurement/result-schema.js';

const count = Type.Integer({ minimum: 0 });
const nullableString = Type.Union([Type.String(), Type.Null()]);

const row = Type.Object({
  settings: settingSchema,
  trials: Type.Integer({ minimum: 1 }),
  requests: Type.Object({ completed: count, refused: count, failed: count, timed_out: count }),
  saturated: Type.Boolean({ description: 'The load could not be produced or measured.' }),
  saturation: Type.Optional(Type.Array(saturationSchema)),
  overloaded_trials: Type.Optional(
    Type.Integer({ minimum: 0, description: 'In how many trials the queue grew without end. Missing in older lines.' }),
  ),
  aborted_on: Type.Optional(
    Type.Array(Type.String(), {
      description: 'What --abort-on ended trials on, other than overload. Missing in older lines.',
    }),
  ),
  queue_wait_source: Type.String(),
  output_tokens_source: Type.String(),
  answer_tokens: Type.Optional(
    Type.Union([Type.Object({ mean: Type.Number(), error: Type.Number({ minimum: 0 }) }), Type.Null()], {
      description:
        'Tokens of an answer on average, and the standard error of that over the trials; null if they are not known. Missing in older lines.',
    }),
  ),
  client_error: Type.Optional(
    Type.Record(Type.String(), Type.Number({ minimum: 0 }), {
      description:
        "By the names of figures, and in their units: by how much the load generator's own delay can have made a latency longer, or a rate lower. It is 0 for a figure that is not named. Missing in older lines.",
    }),
  ),
  figures: Type.Record(Type.String(), Type.Union([Type.Number(), Type.Null()]), {
    description:
      'By the names that --fail-on takes, such as ttft.p95: milliseconds, rates per second, or a share; null if it is not known.',
  }),
});

/** A line of a history: the contents of a result, without its histograms, and which revision was measured. */
export const entrySchema = Type.Object(
  {
    schema: Type.Literal('chatstream.history/v1'),
    started_at: Type.String({ description: 'When the measurement began, ISO 8601.' }),
    commit: nullableString,
    dirty: Type.Union([Type.Boolean(), Type.Null()], {
      description: 'Whether the working folder had changes that were not committed; null if that is not known.',
    }),
    branch: nullableString,
    note: nullableString,
    tool: Type.Object({ version: Type.String() }),
    interrupted: Type.Boolean(),
    ended_early: Type.Optional(endedEarlySchema),
    target: targetSchema,
    plan: resultSchema.properties.plan,
    machine: resultSchema.properties.machine,
    prompt_cache: Type.Optional(Type.Union([promptCacheSchema, Type.Null()])),
    rows: Type.Array(row, { description: 'One for each setting.' }),
  },
  { $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Line of a history of chatstream' },
);

export type HistoryEntry = Static<typeof entrySchema>;
export type HistoryRow = Static<typeof row>;
