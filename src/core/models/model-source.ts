import { createHash } from 'node:crypto';
import { ChatstreamError } from '../base/errors.js';
import type { HuggingFaceFile } from './hugging-face.js';

/** What a `--model` means. */
export type ModelSource =
  | { readonly kind: 'bundled' }
  | { readonly kind: 'path'; readonly path: string }
  | ({ readonly kind: 'hf-file' } & HuggingFaceFile)
  | {
      readonly kind: 'hf-quantisation';
      readonly user: string;
      readonly repository: string;
      /** As Hugging Face wants it; `latest` if none was named. */
      readonly quantisation: string;
    }
  | { readonly kind: 'url'; readonly url: string };

export type RemoteSource = Extract<ModelSource, { kind: 'hf-file' | 'hf-quantisation' | 'url' }>;

/** The name under which the model that ships with the package is known. */
export const bundledModel = 'bundled';

const defaultBranch = 'main';
const namePattern = /^[\w.-]+$/;
const quantisationPattern = /^(I?Q\d|F16|F32|BF16|TQ\d|MXFP|NVFP)/i;

/** @throws ChatstreamError `usage` for what begins with hf: and cannot be read */
export function parseModelSource(text: string): ModelSource {
  if (text === bundledModel) return { kind: 'bundled' };
  if (/^(hf|huggingface):/i.test(text)) return huggingFaceSource(text);
  if (/^https?:\/\//i.test(text)) return urlSource(text);
  return { kind: 'path', path: text };
}

/** How the source is written down, one way for all spellings of the same. */
export function nameOfSource(source: RemoteSource): string {
  switch (source.kind) {
    case 'url':
      return source.url;
    case 'hf-file': {
      const branch = source.branch === defaultBranch ? '' : `#${source.branch}`;
      return `hf:${source.user}/${source.repository}/${source.file}${branch}`;
    }
    case 'hf-quantisation':
      return `hf:${source.user}/${source.repository}:${source.quantisation}`;
  }
}

/** Where in the cache a file is kept: a path with slashes, in which nothing leads upwards. */
export function cachePathOf(source: Exclude<RemoteSource, { kind: 'hf-quantisation' }>): string {
  if (source.kind === 'hf-file') {
    const branch = source.branch === defaultBranch ? '' : `@${safeName(source.branch)}`;
    return ['hf', source.user, `${source.repository}${branch}`, ...source.file.split('/')].map(safeName).join('/');
  }
  const { host, pathname, search } = new URL(source.url);
  const segments = pathname.split('/').filter((segment) => segment !== '');
  const last = segments.pop() ?? 'model';
  // Signatures in the query change with every link; only where the path does not name the file does the query.
  const named = /\.gguf$/i.test(last);
  const file = named ? last : `${last}${search === '' ? '' : `-${shortHash(search)}`}.gguf`;
  return ['url', host, ...segments, file].map((segment) => safeName(decoded(segment))).join('/');
}

function huggingFaceSource(text: string): ModelSource {
  const [, rest = ''] = /^[a-z]+:(?:\/\/)?(.*)$/i.exec(text) ?? [];
  const [user = '', ...others] = rest.split('/');
  const [place = '', ...path] = others;
  const [repository = '', quantisation = ''] = place.split(':', 2);
  if (!namePattern.test(user) || !namePattern.test(repository)) throw notUnderstood(text);
  if (path.length === 0) {
    return { kind: 'hf-quantisation', user, repository, quantisation: spelled(quantisation) };
  }
  const [file = '', branch = defaultBranch] = path.join('/').split('#', 2);
  if (place.includes(':') || !isFilePath(file) || branch === '') throw notUnderstood(text);
  return { kind: 'hf-file', user, repository, branch, file };
}

/** Links to Hugging Face's pages and files mean the same as `hf:`, and share its cache and its token. */
function urlSource(text: string): ModelSource {
  if (!URL.canParse(text)) {
    throw new ChatstreamError('usage', `"${text}" is no URL.`, { hint: 'Check it for spaces and missing parts.' });
  }
  const url = new URL(text);
  if (url.hostname !== 'huggingface.co' && url.hostname !== 'hf.co') return { kind: 'url', url: url.href };
  const [user = '', repository = '', verb, branch, ...path] = url.pathname.slice(1).split('/').map(decoded);
  if (!namePattern.test(user) || !namePattern.test(repository)) return { kind: 'url', url: url.href };
  if (verb === undefined || verb === '')
    return { kind: 'hf-quantisation', user, repository, quantisation: spelled('') };
  const isFile = (verb === 'resolve' || verb === 'blob') && branch !== undefined && isFilePath(path.join('/'));
  return isFile ? { kind: 'hf-file', user, repository, branch, file: path.join('/') } : { kind: 'url', url: url.href };
}

function spelled(quantisation: string): string {
  if (quantisation === '') return 'latest';
  return quantisationPattern.test(quantisation) ? quantisation.toUpperCase() : quantisation;
}

function isFilePath(path: string): boolean {
  return path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
}

/** Nothing that a file system could take for more than a name. */
function safeName(segment: string): string {
  const safe = segment.replaceAll(/[^\w.@+=,()~ -]/g, '_');
  return /^\.+$/.test(safe) ? '_' : safe;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // A stray percent sign: the segment is as good a name as it is.
    return segment;
  }
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

function notUnderstood(text: string): ChatstreamError {
  return new ChatstreamError('usage', `"${text}" is not the name of a model on Hugging Face.`, {
    hint: 'Write hf:USER/REPOSITORY, hf:USER/REPOSITORY:Q4_K_M or hf:USER/REPOSITORY/FILE.gguf.',
  });
}
