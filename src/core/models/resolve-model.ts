import { existsSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ChatstreamError } from '../base/errors.js';

/** The model that ships with the package; three folders up is the package's root, from `src` and from `dist` alike. */
const bundledPath = fileURLToPath(new URL('../../../models/bundled.gguf', import.meta.url));

/** The name under which `bundled` and model files are told apart from everything else. */
export const bundledModel = 'bundled';

/**
 * Finds the file that a `--model` means.
 *
 * @param source `bundled`, or the path of a .gguf file
 * @returns an absolute path to a file that exists
 * @throws ChatstreamError `model_unreadable` that says what is wrong and what to do
 */
export function resolveModel(source: string): string {
  if (source === bundledModel) return bundled();
  if (/^(hf:|https?:)/.test(source)) {
    throw new ChatstreamError(
      'model_unreadable',
      `"${source}" is not a local file, and downloading is not supported yet.`,
      {
        hint: 'Download the .gguf file yourself and give its path.',
      },
    );
  }
  const path = resolve(source);
  if (!existsSync(path)) {
    throw new ChatstreamError('model_unreadable', `There is no model file at ${path}.`, {
      hint: 'Give --model the path of a .gguf file, or try --engine mock, which needs no model.',
    });
  }
  if (statSync(path).isDirectory()) {
    throw new ChatstreamError('model_unreadable', `${path} is a folder.`, {
      hint: `Name the .gguf file in it, such as ${basename(path)}/model.gguf.`,
    });
  }
  return path;
}

function bundled(): string {
  if (existsSync(bundledPath)) return bundledPath;
  throw new ChatstreamError('model_unreadable', 'This build of chatstream has no bundled model.', {
    hint: 'Give --model the path of a .gguf file, or try --engine mock, which needs no model.',
  });
}
