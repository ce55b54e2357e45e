import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { ChatstreamError } from '../base/errors.js';
import { request } from './http.js';
import type { HuggingFace } from './hugging-face.js';

const manifest = Type.Object({ ggufFile: Type.Object({ rfilename: Type.String({ minLength: 1 }) }) });

/**
 * Asks which file a quantisation is. The answer is the one that llama.cpp and Ollama get; `latest` is what the
 * repository recommends, Q4_K_M where there is one.
 *
 * @throws ChatstreamError `model_unreadable`
 */
export async function fileOfQuantisation(
  huggingFace: HuggingFace,
  user: string,
  repository: string,
  quantisation: string,
  signal?: AbortSignal,
): Promise<string> {
  const url = `${huggingFace.endpoint}v2/${user}/${repository}/manifests/${encodeURIComponent(quantisation)}`;
  const wanted = `hf:${user}/${repository}:${quantisation}`;
  // Only clients with this name are told about GGUF files.
  const response = await request(url, { huggingFace, headers: { 'user-agent': 'llama-cpp' }, signal }, wanted);
  const body: unknown = await response.json().catch(() => null);
  if (Value.Check(manifest, body)) return body.ggufFile.rfilename;
  throw new ChatstreamError('model_unreadable', `${wanted} has no GGUF file.`, {
    hint: `See which files there are on ${huggingFace.endpoint}${user}/${repository}/tree/main, and name one: hf:${user}/${repository}/FILE.gguf.`,
  });
}
