import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { ChatstreamError } from '../../base/errors.js';
import type { LoadJob, LoadShape } from '../load/job/load-job.js';
import { decodePart, type EncodedRunPart, encodePart, type RunPart } from '../record/run-part.js';

/** The part that is the same in all runs and for all agents, and may be long: prompts, and the times of a trace. */
type CommonJob = Pick<LoadJob, 'workload' | 'tenants'> & {
  readonly times?: Extract<LoadShape, { type: 'open' }>['times'];
};

/** The rest. The counts of an extension are in shared memory, so each agent has its own; agents have no common end. */
type OwnJob = Omit<LoadJob, 'workload' | 'tenants' | 'extension' | 'commonEnd'> & {
  readonly extension: Pick<NonNullable<LoadJob['extension']>, 'requests' | 'longestMs'> | null;
};

// Both ends are of the same version, so the types say what is inside; the shapes only distinguish a load from something
// else.
const commonShape = Type.Unsafe<CommonJob>(Type.Object({ workload: Type.Object({ type: Type.String() }) }));
const ownShape = Type.Unsafe<OwnJob>(Type.Object({ client: Type.Object({ url: Type.String() }), run: Type.Number() }));
const partsShape = Type.Unsafe<readonly EncodedRunPart[]>(Type.Array(Type.Object({ completed: Type.Number() })));

/** One agent's job as two texts. Neither is ever logged: there are keys in them. */
export interface EncodedJob {
  readonly common: string;
  readonly own: string;
}

export function encodeJob({ workload, tenants, extension, shape, ...rest }: Omit<LoadJob, 'commonEnd'>): EncodedJob {
  const { times, ...shapeWithoutTimes } = shape.type === 'open' ? shape : { ...shape, times: undefined };
  return {
    common: JSON.stringify({ workload, tenants, times }),
    own: JSON.stringify({
      ...rest,
      shape: shapeWithoutTimes,
      extension: extension === null ? null : { requests: extension.requests, longestMs: extension.longestMs },
    }),
  };
}

/** @throws ChatstreamError `internal` if the texts are not a job */
export function decodeJob(encoded: EncodedJob): LoadJob {
  const { workload, tenants, times } = decoded(commonShape, encoded.common);
  const { shape, extension, ...rest } = decoded(ownShape, encoded.own);
  return {
    ...rest,
    workload,
    ...(tenants === undefined ? {} : { tenants }),
    shape: shape.type === 'open' && times !== undefined ? { ...shape, times } : shape,
    extension: extension === null ? null : { ...extension, ended: new Int32Array(new SharedArrayBuffer(8)) },
  };
}

/**
 * The measurements of an agent's threads, as text.
 *
 * @param startUs when the agent began to send, on its own clock; times in the text are relative to it
 */
export function encodeParts(parts: readonly RunPart[], startUs: number): string {
  return JSON.stringify(parts.map((part) => encodePart(moved(part, -startUs))));
}

/** @param startUs when the load began, on the clock of the bench */
export function decodeParts(text: string, startUs: number): readonly RunPart[] {
  return decoded(partsShape, text).map((part) => moved(decodePart(part), startUs));
}

/** All other times of a part are durations. */
function moved(part: RunPart, byUs: number): RunPart {
  const { span } = part;
  if (span === null) return part;
  const { beginUs, lastEndUs, lastIntendedUs } = span;
  return {
    ...part,
    span: { beginUs: beginUs + byUs, lastEndUs: lastEndUs + byUs, lastIntendedUs: lastIntendedUs + byUs },
  };
}

function decoded<T>(shape: ReturnType<typeof Type.Unsafe<T>>, text: string): T {
  const value: unknown = JSON.parse(text);
  if (Value.Check(shape, value)) return value;
  throw new ChatstreamError('internal', 'A part of the load, or of its result, has another shape than expected.');
}
