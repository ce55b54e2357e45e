import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ChatstreamError } from '../base/errors.js';
import type { Environment } from './cache-folder.js';

/** Hugging Face, or a mirror of it, and the right to read there. */
export interface HuggingFace {
  /** Ends with a slash. */
  readonly endpoint: string;
  readonly token: string | null;
}

/** A file of a repository. */
export interface HuggingFaceFile {
  readonly user: string;
  readonly repository: string;
  /** Also a tag or a commit. */
  readonly branch: string;
  readonly file: string;
}

export const standardEndpoint = 'https://huggingface.co/';

/**
 * What the environment says, under the names that Hugging Face's own tools use: `HF_ENDPOINT`, and `HF_TOKEN` or else
 * the token that `hf auth login` has left in its file.
 *
 * @throws ChatstreamError `usage` if HF_ENDPOINT is no URL
 */
export function huggingFaceOf(environment: Environment = process.env): HuggingFace {
  const given = environment['HF_ENDPOINT'] ?? '';
  const endpoint = given === '' ? standardEndpoint : `${given.replace(/\/+$/, '')}/`;
  if (!/^https?:/.test(endpoint) || !URL.canParse(endpoint)) {
    throw new ChatstreamError('usage', `HF_ENDPOINT is "${given}", which is no URL.`, {
      hint: 'Set it to the address of a mirror, such as https://hf.example.com, or unset it.',
    });
  }
  return { endpoint, token: tokenOf(environment) };
}

export function fileUrl({ endpoint }: HuggingFace, { user, repository, branch, file }: HuggingFaceFile): string {
  const path = file.split('/').map(encodeURIComponent).join('/');
  return `${endpoint}${user}/${repository}/resolve/${encodeURIComponent(branch)}/${path}`;
}

function tokenOf(environment: Environment): string | null {
  const given = environment['HF_TOKEN']?.trim() ?? '';
  if (given !== '') return given;
  const cache = environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const home = environment['HF_HOME'] ?? join(cache, 'huggingface');
  try {
    const stored = readFileSync(environment['HF_TOKEN_PATH'] ?? join(home, 'token'), 'utf8').trim();
    return stored === '' ? null : stored;
  } catch {
    // Most machines have no such file, and most models need no token.
    return null;
  }
}
