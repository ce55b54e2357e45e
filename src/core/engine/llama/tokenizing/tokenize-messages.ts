import { statSync } from 'node:fs';
import { isRecord } from '../../../base/json.js';
import type { GpuChoice } from '../../options.js';
import type { Part } from '../prompt/text-cuts.js';

/** What a process needs to know before it tokenises texts. */
export interface TokenizeSettings {
  readonly modelPath: string;
  /** On some platforms, the library is only built for GPUs. */
  readonly gpu: GpuChoice;
  /** See {@link fileIdentity}: a file that has replaced it since may have another vocabulary. */
  readonly identity: string;
}

/** What changes when a file is written or replaced. @throws the system's error if it cannot be looked at */
export function fileIdentity(path: string): string {
  const { dev, ino, size, mtimeMs } = statSync(path);
  return [dev, ino, size, mtimeMs].join(':');
}

// Both ends have the same version and trust each other, so only the outline of messages is checked.

export function isTokenizeSettings(value: unknown): value is TokenizeSettings {
  return isRecord(value) && typeof value['modelPath'] === 'string' && typeof value['identity'] === 'string';
}

export function isPart(value: unknown): value is Part {
  return isRecord(value) && typeof value['text'] === 'string';
}

export function isTokenArray(value: unknown): value is Uint32Array {
  return value instanceof Uint32Array;
}
