import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { ChatstreamError, messageOf } from '../base/errors.js';
import { fileReason } from '../base/files/file-errors.js';
import { formatBytes } from '../base/units.js';
import { GgufEndError, type GgufHeader, readGgufHeader } from './header.js';
import { type CacheShape, cacheShape } from './kv-cache.js';

/** What a model file says about itself, before anything is loaded. */
export interface GgufFile {
  /** The size of all parts together, if the model is split. */
  readonly fileBytes: number;
  readonly architecture: string;
  readonly parameters: number | null;
  /** The type of most weights, such as `Q4_K_M`; null if the file does not say. */
  readonly quantisation: string | null;
  readonly trainedContextLength: number | null;
  /**
   * The maximum number of tokens of a text, because each position has weights of its own; null without such a limit.
   */
  readonly positions: number | null;
  readonly cache: CacheShape;
}

/** Magic, version, number of tensors, number of metadata entries. */
const headerBytes = 24;
const supportedVersions = [2, 3];

/** llama.cpp's `llama_ftype`: the type of most weights in a file, by the number in `general.file_type`. */
const quantisationNames: Readonly<Record<number, string>> = {
  0: 'F32',
  1: 'F16',
  2: 'Q4_0',
  3: 'Q4_1',
  7: 'Q8_0',
  8: 'Q5_0',
  9: 'Q5_1',
  10: 'Q2_K',
  11: 'Q3_K_S',
  12: 'Q3_K_M',
  13: 'Q3_K_L',
  14: 'Q4_K_S',
  15: 'Q4_K_M',
  16: 'Q5_K_S',
  17: 'Q5_K_M',
  18: 'Q6_K',
  19: 'IQ2_XXS',
  20: 'IQ2_XS',
  21: 'Q2_K_S',
  22: 'IQ3_XS',
  23: 'IQ3_XXS',
  24: 'IQ1_S',
  25: 'IQ4_NL',
  26: 'IQ3_S',
  27: 'IQ3_M',
  28: 'IQ2_S',
  29: 'IQ2_M',
  30: 'IQ4_XS',
  31: 'IQ1_M',
  32: 'BF16',
  36: 'TQ1_0',
  37: 'TQ2_0',
  38: 'MXFP4',
  39: 'NVFP4',
  40: 'Q1_0',
  41: 'Q2_0',
};

/** How the parts of a split model are named. */
const partPattern = /-(\d{5})-of-(\d{5})\.gguf$/;

/**
 * Reads a GGUF file before llama.cpp is started for it, so that errors are explained in our own words. Does not load
 * native code.
 *
 * @param path the file; for a split model, the first part
 * @throws ChatstreamError `model_unreadable`, saying what is wrong with the file
 */
export async function readGgufFile(path: string): Promise<GgufFile> {
  await checkHeader(path);
  const first = headerOf(path);
  const parts = [first];
  for (const part of otherParts(path)) {
    await checkHeader(part);
    parts.push(headerOf(part));
  }
  const { metadata } = first;
  const architecture = metadata.get('general.architecture');
  if (typeof architecture !== 'string') {
    throw new ChatstreamError('model_unreadable', `${path} does not say what kind of model it is.`, {
      hint: 'It is probably not a language model; look for one that llama.cpp can run.',
    });
  }
  const parameters = parts.reduce((sum, part) => sum + part.parameters, 0);
  const trained = metadata.get(`${architecture}.context_length`);
  return {
    fileBytes: parts.reduce((sum, part) => sum + part.fileBytes, 0),
    architecture,
    parameters: parameters === 0 ? null : parameters,
    quantisation: quantisationName(metadata.get('general.file_type')),
    trainedContextLength: typeof trained === 'number' ? trained : null,
    positions: parts.find(({ positions }) => positions !== null)?.positions ?? null,
    cache: cacheShape(architecture, metadata),
  };
}

/** The file ends before the data does. */
export function truncated(path: string, size?: number): ChatstreamError {
  const end = size === undefined ? '' : ` It ends after ${formatBytes(size)}.`;
  return new ChatstreamError('model_unreadable', `The model file ${path} is incomplete.${end}`, {
    hint: 'The download was probably interrupted; download it again.',
  });
}

function headerOf(path: string): GgufHeader {
  let header: GgufHeader;
  try {
    header = readGgufHeader(path);
  } catch (error) {
    if (error instanceof GgufEndError) throw truncated(path);
    throw new ChatstreamError(
      'model_unreadable',
      `The description of the model in ${path} cannot be read: ${messageOf(error)}.`,
      { hint: 'The file is damaged or incomplete; download it again.', cause: error },
    );
  }
  if (header.lastTensorOffset >= header.fileBytes && header.parameters > 0) throw truncated(path, header.fileBytes);
  return header;
}

function otherParts(path: string): readonly string[] {
  const match = partPattern.exec(path);
  if (match?.[1] === undefined || match[2] === undefined) return [];
  const [suffix, part, total] = match;
  if (Number(part) !== 1) {
    throw new ChatstreamError('model_unreadable', `${path} is part ${Number(part)} of a split model.`, {
      hint: `Name its first part, which ends in -00001-of-${total}.gguf.`,
    });
  }
  const stem = path.slice(0, -suffix.length);
  const others = Array.from(
    { length: Number(total) - 1 },
    (_, index) => `${stem}-${String(index + 2).padStart(5, '0')}-of-${total}.gguf`,
  );
  const missing = others.find((other) => !existsSync(other));
  if (missing !== undefined) {
    throw new ChatstreamError('model_unreadable', `A part of the split model is missing: ${missing}.`, {
      hint: `All ${Number(total)} parts have to be in the same folder.`,
    });
  }
  return others;
}

async function checkHeader(path: string): Promise<void> {
  const header = await readHeader(path);
  const magic = header.toString('latin1', 0, 4);
  if (magic !== 'GGUF') {
    throw new ChatstreamError('model_unreadable', `${path} is not a GGUF file.`, {
      hint: 'chatstream serves models in the GGUF format of llama.cpp; look for one whose name ends in .gguf.',
    });
  }
  if (header.length < headerBytes) throw truncated(path, header.length);
  const version = header.readUInt32LE(4);
  if (!supportedVersions.includes(version)) {
    throw new ChatstreamError(
      'model_unreadable',
      `${path} has version ${version} of the GGUF format, which is not supported.`,
      {
        hint: 'Versions 2 and 3 are supported; convert the model again, or update chatstream.',
      },
    );
  }
}

async function readHeader(path: string): Promise<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(headerBytes), 0, headerBytes, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new ChatstreamError('model_unreadable', `The model file ${path} cannot be opened: ${fileReason(error)}.`, {
      hint: 'Check the path and the permissions.',
      cause: error,
    });
  }
}

/** @returns null for a number that is missing or unknown */
function quantisationName(fileType: unknown): string | null {
  return typeof fileType === 'number' ? (quantisationNames[fileType] ?? null) : null;
}
