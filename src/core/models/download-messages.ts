import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';

const order = Type.Object({
  type: Type.Literal('download'),
  folder: Type.String(),
  /** One, or the parts of a split model. */
  parts: Type.Array(Type.Object({ url: Type.String(), name: Type.String() }), { minItems: 1 }),
  /** Whether the server can send the rest of a file. */
  resumable: Type.Boolean(),
  endpoint: Type.String(),
  token: Type.Union([Type.String(), Type.Null()]),
});

/** Closes the files in good order, so that the download can be resumed, and ends the process. */
const stop = Type.Object({ type: Type.Literal('stop') });

/** From the main process to the one that downloads. */
export type DownloadOrder = Static<typeof order>;
export type ToDownloader = DownloadOrder | Static<typeof stop>;

const progress = Type.Object({ type: Type.Literal('progress'), bytes: Type.Number() });
const done = Type.Object({ type: Type.Literal('done') });
const failed = Type.Object({
  type: Type.Literal('failed'),
  message: Type.String(),
  /** HTTP status, if a server answered with one that is no success. */
  status: Type.Union([Type.Integer(), Type.Null()]),
  /** Of a system error, such as ENOSPC. */
  code: Type.Union([Type.String(), Type.Null()]),
});

export type DownloadFailure = Static<typeof failed>;
/** From the process that downloads to the main process. After `done` or `failed` it waits for `stop`. */
export type FromDownloader = Static<typeof progress> | Static<typeof done> | DownloadFailure;

const toDownloader = Type.Union([order, stop]);
const fromDownloader = Type.Union([progress, done, failed]);

export function isToDownloader(value: unknown): value is ToDownloader {
  return Value.Check(toDownloader, value);
}

export function isFromDownloader(value: unknown): value is FromDownloader {
  return Value.Check(fromDownloader, value);
}
