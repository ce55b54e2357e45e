import type { FastifyReply, FastifyRequest } from 'fastify';
import { notFoundError } from '../../../base/refusals/refusals.js';
import { type Encoding, encodings, type PageFile, type PageFiles, readPage } from '../../console/page-files.js';
import type { App, LineContext } from '../../http/context.js';
import { pathOf } from '../../http/route-paths.js';

const pageAt = ['/', '/console'];
const filesPath = '/console/*';

/** The page needs no key. What it shows does. */
export const pagePaths: ReadonlySet<string> = new Set([...pageAt, filesPath]);

/**
 * The page may load only what comes with it and talk only to this server, and no other page may embed it. Styles that scripts
 * set one by one are allowed, those in the text of a page are not.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  // For the report of a load test, which has a stricter policy of its own.
  "frame-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headers = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

/** Said in place of the page, for people who run it from its source. */
const missing = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>chatstream</title>
<h1>The console has not been built</h1>
<p>This server runs from its source, and the page that belongs here is missing. Build it with <code>npm run build</code>,
then load this page again. The API does not need it.</p>
</html>
`;

/** The console in the browser. Its files are read when they are first asked for. */
export function consoleRoutes(app: App, { options: { consolePath } }: LineContext): void {
  if (consolePath === null) return;
  let reading: Promise<PageFiles | null> | null = null;
  const page = async (): Promise<PageFiles | null> => {
    const files = await (reading ??= readPage(consolePath));
    if (files === null) reading = null;
    return files;
  };
  const schema = { hide: true };
  for (const path of pageAt) {
    app.get(path, { schema }, async (request, reply) => {
      const file = (await page())?.get('index.html');
      if (file !== undefined) return send(file, request, reply);
      return reply.code(404).headers(headers).type('text/html; charset=utf-8').send(missing);
    });
  }
  app.get<{ Params: { '*': string } }>(filesPath, { schema }, async (request, reply) => {
    const file = (await page())?.get(request.params['*']);
    if (file === undefined) throw notFoundError(request.method, pathOf(request.originalUrl), null);
    return send(file, request, reply);
  });
}

async function send(file: PageFile, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  void reply.headers(headers);
  reply.header('cache-control', file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache');
  reply.header('etag', file.etag);
  reply.header('vary', 'accept-encoding');
  const known = request.headers['if-none-match']?.split(',').map((etag) => etag.trim());
  if (known?.includes(file.etag) === true) return reply.code(304).send();
  const encoding = file.isCompressible ? acceptedEncoding(request.headers['accept-encoding']) : 'identity';
  if (encoding !== 'identity') reply.header('content-encoding', encoding);
  return reply.type(file.type).send(await file.encoded(encoding));
}

/** The best encoding of those that a client names. Browsers name them all, and weights only to refuse one. */
function acceptedEncoding(header: string | string[] | undefined): Encoding {
  const accepted = new Set(
    String(header ?? '')
      .split(',')
      .filter((part) => !/;\s*q=0(\.0*)?\s*$/.test(part))
      .map((part) => part.split(';', 1)[0]?.trim()),
  );
  return encodings.find((encoding) => accepted.has(encoding)) ?? 'identity';
}
