import { Type } from 'typebox';

const count = Type.Integer({ minimum: 0 });
const nullableNumber = Type.Union([Type.Number(), Type.Null()]);

/** Contradictions in a run, and observations about its answers. */
export const checksSchema = Type.Object({
  littles_law_error: nullableNumber,
  burst_answers: Type.Optional({
    ...count,
    description: 'Answers that arrived in one burst. Their TPOT and chunk gaps are left out.',
  }),
  hidden_reasoning_tokens: Type.Optional({
    ...count,
    description: 'Reasoning tokens that were counted by the server, but never streamed.',
  }),
  contradicted_usage: Type.Optional(
    Type.Object(
      { answers: count, output_tokens: count, text_chunks: count },
      {
        description:
          'Answers with less than half as many output tokens in their usage as chunks with text, or one for several; the chunks were counted. Whole answers with text and no tokens.',
      },
    ),
  ),
  packed_chunks: Type.Optional(
    Type.Object(
      { answers: count, output_tokens: count, text_chunks: count },
      {
        description:
          'Answers with several tokens in a chunk, if the server does not say how many are in each. The first one was taken to have one token, so TPOT is too low; absent if there are few of them.',
      },
    ),
  ),
  held_open: Type.Optional(
    Type.Object(
      { answers: count, mean_ms: nullableNumber },
      {
        description:
          'Responses that the server kept open after their last text for more than 100 ms and 3 times their mean time between texts.',
      },
    ),
  ),
});
