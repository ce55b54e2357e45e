import type { CollectionName, StoreLimits } from './store.js';

/** The first message to the thread. */
export interface FileToOpen {
  readonly path: string;
  readonly limits: StoreLimits;
}

/**
 * The server's requests to the thread that has the file. Values are JSON, times are wall-clock times in milliseconds.
 */
export type FileRequest =
  | { readonly type: 'get'; readonly collection: CollectionName; readonly id: string; readonly nowMs: number }
  | {
      readonly type: 'set';
      readonly collection: CollectionName;
      readonly id: string;
      readonly json: string;
      readonly nowMs: number;
    }
  | { readonly type: 'delete'; readonly collection: CollectionName; readonly id: string; readonly nowMs: number }
  | {
      readonly type: 'list';
      readonly collection: CollectionName;
      readonly after: string | null;
      readonly most: number;
      readonly nowMs: number;
    }
  | { readonly type: 'sweep'; readonly nowMs: number }
  | { readonly type: 'close' };

/** A request with the number that its reply has. */
export interface NumberedRequest {
  readonly key: number;
  readonly request: FileRequest;
}

/** Why a file cannot be used. */
export type FileProblem =
  | { readonly type: 'in_use' }
  | { readonly type: 'foreign' }
  | { readonly type: 'damaged'; readonly reason: string }
  | { readonly type: 'version'; readonly version: number; readonly supported: number }
  | { readonly type: 'unusable'; readonly reason: string };

export type FileReply =
  | { readonly type: 'opened' }
  | { readonly type: 'refused'; readonly problem: FileProblem }
  /** For a set, null; for a get, the value or null; for a list, a JSON array or null. It is on the disk. */
  | { readonly type: 'done'; readonly key: number; readonly result: string | boolean | null }
  | { readonly type: 'failed'; readonly key: number; readonly reason: string };
