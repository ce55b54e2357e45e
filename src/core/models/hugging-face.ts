import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { ChatstreamError } from '../base/errors.js';
import type { Environment } from './cache-folder.js';
import {
  type HuggingFaceFile,
  type HuggingFaceQuantisation,
  isFilePath,
  nameOfSource,
  partsOf,
  withoutSecrets,
} from './model-source.js';
import { type HuggingFace, jsonOf, type WebClient } from './web-client.js';

const standardEndpoint = 'https://huggingface.co/';

/**
 * The settings in the environment, under the names that Hugging Face's own tools use: `HF_ENDPOINT`, and `HF_TOKEN` or
 * else the token that `hf auth login` has left in its file.
 *
 * @throws ChatstreamError `usage` if HF_ENDPOINT is not a URL, or HF_TOKEN cannot be sent in a header
 */
export function huggingFaceOf(environment: Environment = process.env): HuggingFace {
  const given = environment['HF_ENDPOINT'] ?? '';
  const endpoint = given === '' ? standardEndpoint : `${given.replace(/\/+$/, '')}/`;
  if (!/^https?:\/\//i.test(endpoint) || !URL.canParse(endpoint) || /[?#]/.test(endpoint)) {
    // The value is not shown: it may contain a password anywhere.
    throw new ChatstreamError('usage', 'HF_ENDPOINT is not the URL of a server.', {
      hint: 'Set it to the address of a mirror, such as https://hf.example.com, or unset it.',
    });
  }
  const token = tokenOf(environment);
  if (token !== null && !/^[\x21-\x7e]+$/.test(token)) {
    throw new ChatstreamError(
      'usage',
      'The token for Hugging Face contains characters that are not allowed in a token.',
      {
        hint: 'Set HF_TOKEN to the token alone, or log in again with "hf auth login".',
      },
    );
  }
  return { endpoint, token };
}

export function fileUrl({ endpoint }: HuggingFace, { user, repository, branch, file }: HuggingFaceFile): string {
  const path = file.split('/').map(encodeURIComponent).join('/');
  return `${endpoint}${user}/${repository}/resolve/${encodeURIComponent(branch)}/${path}`;
}

const manifest = Type.Object({ ggufFile: Type.Object({ rfilename: Type.String({ minLength: 1 }) }) });

/**
 * Asks which file a quantisation is. The answer is the one that llama.cpp and Ollama get; `latest` is what the
 * repository recommends, Q4_K_M where there is one.
 *
 * @throws ChatstreamError `model_unreadable`; the signal's reason
 */
export async function fileOfQuantisation(
  client: WebClient,
  huggingFace: HuggingFace,
  source: HuggingFaceQuantisation,
): Promise<HuggingFaceFile> {
  const { user, repository, quantisation } = source;
  const url = `${huggingFace.endpoint}v2/${user}/${repository}/manifests/${encodeURIComponent(quantisation)}`;
  const wanted = nameOfSource({ type: 'hf-quantisation', ...source });
  // Only clients with this name are told about GGUF files.
  const body = await jsonOf(await client.get(url, { wanted, huggingFace, headers: { 'user-agent': 'llama-cpp' } }));
  if (Value.Check(manifest, body) && isFilePath(body.ggufFile.rfilename)) {
    return { user, repository, branch: 'main', file: partsOf(body.ggufFile.rfilename)[0] };
  }
  const page = withoutSecrets(`${huggingFace.endpoint}${user}/${repository}/tree/main`);
  throw new ChatstreamError('model_unreadable', `${wanted} has no GGUF file.`, {
    hint: `See its files on ${page}, and name one: hf:${user}/${repository}/FILE.gguf.`,
  });
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
