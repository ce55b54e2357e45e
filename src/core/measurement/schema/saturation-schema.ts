import { Type } from 'typebox';

export const saturationSchema = Type.Enum(['cpu', 'late-sends', 'ttft-error'], {
  description:
    'It used nearly all of a core; it sent so late that the load was lighter than planned; its delay is larger than the differences in TTFT.',
});

export const loopDelaySchema = Type.Object({
  p50: Type.Number(),
  p99: Type.Number(),
  max: Type.Number(),
  mean: Type.Optional(Type.Number()),
});
