import { isRecord } from '../../../base/json.js';
import type { GpuChoice } from '../../options.js';
import type { Part } from '../prompt/text-cuts.js';

/** What a process needs to know before it tokenises texts. */
export interface VocabularySource {
  readonly modelPath: string;
  /** On some platforms, the library is only built for GPUs. */
  readonly gpu: GpuChoice;
}

// Both ends have the same version and trust each other, so only the outline of messages is checked.

export function isVocabularySource(value: unknown): value is VocabularySource {
  return isRecord(value) && typeof value['modelPath'] === 'string';
}

export function isPart(value: unknown): value is Part {
  return isRecord(value) && typeof value['text'] === 'string';
}

export function isTokenArray(value: unknown): value is Uint32Array {
  return value instanceof Uint32Array;
}
