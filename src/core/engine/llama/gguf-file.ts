import { open, stat } from 'node:fs/promises';

import { ChatstreamError, messageOf } from '../../base/errors.js';
import { formatBytes } from '../../base/units.js';
import type { Library } from './library.js';
import { cacheBytesPerToken } from './memory-check.js';

/** What a model's file tells before anything is loaded. */
export interface GgufFile {
  /** Of all parts, where a model is split. */
  readonly fileBytes: number;
  readonly architecture: string;
  readonly parameters: number | null;
  readonly trainedContextLength: number | null;
  /** Bytes that a token of context takes at least. */
  readonly cacheBytesPerToken: number;
}

/** Magic, version, number of tensors, number of metadata entries. */
const headerBytes = 24;
const supportedVersions = [2, 3];

/** Long lists that the summary doesn't need and that take long to parse. */
const vocabularyKeys = [
  'tokenizer.ggml.tokens',
  'tokenizer.ggml.scores',
  'tokenizer.ggml.token_type',
  'tokenizer.ggml.merges',
];

/**
 * Looks into a GGUF file before llama.cpp is started for it, to say what is wrong in words of our own.
 *
 * @throws ChatstreamError `model_unreadable`, saying what is wrong with the file
 */
export async function readGgufFile(library: Library, path: string): Promise<GgufFile> {
  await checkHeader(path);
  try {
    const info = await library.readGgufFileInfo(path, { ignoreKeys: vocabularyKeys, logWarnings: false });
    const tensors = info.fullTensorInfo ?? info.tensorInfo ?? [];
    const parts = new Map<number, string>(
      info.sourceData.map((source, index) => [index + 1, source.type === 'path' ? source.path : path]),
    );
    let fileBytes = 0;
    for (const [part, partPath] of parts) {
      const { size } = await stat(partPath);
      fileBytes += size;
      const beginsBehindEnd = tensors.some((tensor) => tensor.filePart === part && Number(tensor.fileOffset) >= size);
      if (beginsBehindEnd) throw truncated(partPath, size);
    }
    return {
      fileBytes,
      architecture: info.metadata.general.architecture,
      parameters: tensors.length === 0 ? null : tensors.reduce((sum, tensor) => sum + elements(tensor.dimensions), 0),
      trainedContextLength: info.architectureMetadata.context_length ?? null,
      cacheBytesPerToken: cacheBytesPerToken(info),
    };
  } catch (error) {
    if (error instanceof ChatstreamError) throw error;
    throw new ChatstreamError(
      'model_unreadable',
      `The description of the model in ${path} cannot be read: ${messageOf(error)}.`,
      {
        hint: 'The file is damaged or incomplete; download it again.',
        cause: error,
      },
    );
  }
}

/** The file ends before the data does. */
export function truncated(path: string, size?: number): ChatstreamError {
  const end = size === undefined ? '' : ` It ends after ${formatBytes(size)}.`;
  return new ChatstreamError('model_unreadable', `The model file ${path} is incomplete.${end}`, {
    hint: 'The download was probably interrupted; download it again.',
  });
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
        hint: 'Versions 2 and 3 are; convert the model again, or update chatstream.',
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
    throw new ChatstreamError('model_unreadable', `The model file ${path} cannot be opened: ${messageOf(error)}.`, {
      hint: 'Check the path and the permissions.',
      cause: error,
    });
  }
}

function elements(dimensions: readonly (number | bigint)[]): number {
  return dimensions.reduce<number>((product, dimension) => product * Number(dimension), 1);
}
