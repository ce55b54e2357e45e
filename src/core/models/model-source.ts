import { createHash } from 'node:crypto';
import { ChatstreamError } from '../base/errors.js';

/** A file of a repository on Hugging Face. */
export interface HuggingFaceFile {
  readonly user: string;
  readonly repository: string;
  /** Also a tag or a commit. */
  readonly branch: string;
  /** A path with slashes inside the repository. */
  readonly file: string;
}

/** A quantisation of a repository on Hugging Face; the hub knows which file it is. */
export interface HuggingFaceQuantisation {
  readonly user: string;
  readonly repository: string;
  /** In Hugging Face's spelling; `latest` if none was given. */
  readonly quantisation: string;
}

/** What a `--model` means. */
export type ModelSource =
  | { readonly type: 'bundled' }
  | { readonly type: 'path'; readonly path: string }
  | ({ readonly type: 'hf-file' } & HuggingFaceFile)
  | ({ readonly type: 'hf-quantisation' } & HuggingFaceQuantisation)
  /** The URL may contain a password or a signed query: show {@link nameOfSource} instead. */
  | { readonly type: 'url'; readonly url: string };

export type RemoteSource = Extract<ModelSource, { type: 'hf-file' | 'hf-quantisation' | 'url' }>;
export type FileSource = Exclude<RemoteSource, { type: 'hf-quantisation' }>;

/** The name of the model that ships with the package. */
export const bundledModel = 'bundled';

const defaultBranch = 'main';
const quantisationPattern = /^(I?Q\d|F16|F32|BF16|TQ\d|MXFP|NVFP)/i;

/**
 * For a split model, the source is the first part, whichever one was named.
 *
 * @throws ChatstreamError `usage` for a source that begins with hf: or http: and cannot be parsed
 */
export function parseModelSource(text: string): ModelSource {
  if (text === bundledModel) return { type: 'bundled' };
  if (/^(hf|huggingface):/i.test(text)) return huggingFaceSource(text);
  if (/^https?:/i.test(text)) return urlSource(text);
  return { type: 'path', path: text };
}

/**
 * The source for people, logs and records: one spelling for each file, without passwords and without the query of a
 * URL, which may be a signature. Where only the query says which file is meant, a short hash of it follows after `#`,
 * and {@link parseModelSource} takes that as well.
 */
export function nameOfSource(source: RemoteSource): string {
  switch (source.type) {
    case 'url': {
      const { origin, pathname } = new URL(source.url);
      const hash = queryHash(source.url);
      return `${origin}${pathname}${hash === null ? '' : `#${hash}`}`;
    }
    case 'hf-file': {
      const branch = source.branch === defaultBranch ? '' : `#${source.branch}`;
      return `hf:${source.user}/${source.repository}/${source.file}${branch}`;
    }
    case 'hf-quantisation':
      return `hf:${source.user}/${source.repository}:${source.quantisation}`;
  }
}

/** What a user typed as a source, without secrets. */
export function withoutSecrets(text: string): string {
  if (!/^https?:/i.test(text)) return text;
  if (!URL.canParse(text)) return text.replace(/[?#].*$/s, '').replace(/^(https?:\/*).*@/is, '$1');
  return nameOfSource({ type: 'url', url: text });
}

/**
 * Where a file is stored in the cache: a path with slashes, in which no segment can lead out of the cache on any
 * system.
 */
export function cachePathOf(source: FileSource): string {
  if (source.type === 'hf-file') {
    const branch = source.branch === defaultBranch ? '' : `@${source.branch}`;
    return ['hf', source.user, `${source.repository}${branch}`, ...source.file.split('/')].map(safeName).join('/');
  }
  const { host, pathname } = new URL(source.url);
  const segments = pathname.split('/').filter((segment) => segment !== '');
  const last = segments.pop() ?? 'model';
  const hash = queryHash(source.url);
  const file = namesFile(last) ? last : `${last}${hash === null ? '' : `-${hash}`}.gguf`;
  return ['url', host, ...segments, file].map((segment) => safeName(decoded(segment))).join('/');
}

const partPattern = /-(\d{5})-of-(\d{5})(\.gguf)$/i;

/** More parts than any model has; a name that claims more is not the name of a part. */
const mostParts = 1000;

/**
 * The names of all parts of a split model, first to last, given any of them (a name, path or URL without a query). For
 * other names, the name alone.
 */
export function partsOf(name: string): readonly [string, ...string[]] {
  const match = partPattern.exec(name);
  const total = Number(match?.[2] ?? 0);
  if (match === null || total < 1 || total > mostParts) return [name];
  const stem = name.slice(0, match.index);
  const ending = `-of-${match[2] ?? ''}${match[3] ?? ''}`;
  const part = (number: number): string => `${stem}-${String(number).padStart(5, '0')}${ending}`;
  return [part(1), ...Array.from({ length: total - 1 }, (_, index) => part(index + 2))];
}

/** A repository that a path such as `Qwen/Qwen3-0.6B-GGUF:Q8_0` may have been meant to name. @returns null if none */
export function likelyRepository(path: string): string | null {
  if (!/^[^/\\]+\/[^/\\]+(\/[^\\]+\.gguf)?$/i.test(path)) return null;
  // Two segments that end in .gguf are a file in a folder.
  if (/^[^/]+\/[^/]+\.gguf$/i.test(path)) return null;
  try {
    return nameOfSource(huggingFaceSource(`hf:${path}`)).replace(/:latest$/, '');
  } catch {
    // The path does not follow the grammar of Hugging Face.
    return null;
  }
}

function huggingFaceSource(text: string): RemoteSource {
  const [, rest = ''] = /^[a-z]+:(?:\/\/)?(.*)$/is.exec(text) ?? [];
  const [user = '', place = '', ...path] = rest.split('/');
  const [repository = '', quantisation, ...more] = place.split(':');
  if (!isRepositoryName(user) || !isRepositoryName(repository) || more.length > 0) throw notUnderstood(text);
  if (path.length === 0) {
    if (quantisation !== undefined && !/^\w[\w.-]*$/.test(quantisation)) throw notUnderstood(text);
    return { type: 'hf-quantisation', user, repository, quantisation: spelled(quantisation ?? '') };
  }
  const [file = '', branch = defaultBranch, ...rests] = path.join('/').split('#');
  if (quantisation !== undefined || !isFilePath(file) || !isBranch(branch) || rests.length > 0) {
    throw notUnderstood(text);
  }
  return { type: 'hf-file', user, repository, branch, file: partsOf(file)[0] };
}

/** Links to Hugging Face's pages and files mean the same as `hf:`, and share its cache and its token. */
function urlSource(text: string): ModelSource {
  if (!URL.canParse(text)) {
    throw new ChatstreamError('usage', `"${withoutSecrets(text)}" is not a URL.`, {
      hint: 'Check it for spaces and missing parts.',
    });
  }
  const url = new URL(text);
  if (url.hostname !== 'huggingface.co' && url.hostname !== 'hf.co') return urlOfFirstPart(url);
  const [user = '', repository = '', verb = '', branch = '', ...path] = url.pathname.slice(1).split('/').map(decoded);
  if (isRepositoryName(user) && isRepositoryName(repository)) {
    if (verb === '') return { type: 'hf-quantisation', user, repository, quantisation: spelled('') };
    const file = path.join('/');
    if ((verb === 'resolve' || verb === 'blob') && isBranch(branch) && isFilePath(file)) {
      return { type: 'hf-file', user, repository, branch, file: partsOf(file)[0] };
    }
  }
  return urlOfFirstPart(url);
}

function urlOfFirstPart(url: URL): ModelSource {
  const first = new URL(url.href);
  first.pathname = partsOf(url.pathname)[0];
  return { type: 'url', url: first.href };
}

function spelled(quantisation: string): string {
  if (quantisation === '') return 'latest';
  return quantisationPattern.test(quantisation) ? quantisation.toUpperCase() : quantisation;
}

/** The grammar of `huggingface_hub` (`validate_repo_id`) for the name of a user and of a repository. */
function isRepositoryName(name: string): boolean {
  return /^\w([\w.-]{0,94}\w)?$/.test(name) && !/\.\.|--/.test(name);
}

function isBranch(name: string): boolean {
  return /^\w[\w./+=@-]*$/.test(name) && !/\.\.|\/\/|[/.]$/.test(name);
}

/** Whether a path, which a server may have sent, stays inside its repository. */
export function isFilePath(path: string): boolean {
  return path.split('/').every((segment) => !/^(\.{0,2}|.*[\\\p{Cc}].*)$/su.test(segment));
}

/** Signatures in the query change with every link; only where the path does not name the file does the query. */
function queryHash(url: string): string | null {
  const { pathname, search, hash } = new URL(url);
  if (namesFile(pathname)) return null;
  if (search !== '') return shortHash(search);
  return /^#[0-9a-f]{8}$/.test(hash) ? hash.slice(1) : null;
}

function namesFile(path: string): boolean {
  return /\.gguf$/i.test(path);
}

const longestName = 120;

/** A name that every file system accepts as it is: not a path, not a device, and nothing that would be cut off. */
function safeName(segment: string): string {
  const safe = segment
    .replaceAll(/[^\w.@+=,()~ -]/g, '_')
    .replace(/[. ]+$/, (ending) => '_'.repeat(ending.length))
    .replace(/^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i, '_$1');
  if (safe.length <= longestName) return safe;
  const [ending = ''] = /(-\d{5}-of-\d{5})?\.gguf$/i.exec(safe) ?? [];
  const stem = safe.slice(0, safe.length - ending.length);
  return `${stem.slice(0, longestName - ending.length - 9)}-${shortHash(stem)}${ending}`;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // A stray percent sign: the segment can be used as it is.
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
