import { createBrotliCompress, createDeflate, createDeflateRaw, createGzip, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { microsNow } from '../../../../src/core/base/micros.js';
import { ContentDecoder, type UndecodableError } from '../../../../src/core/bench/client/content-decoder.js';
import type { ScriptedExchange } from '../../../support/scripted-http-server.js';
import { clientOf, done, outcomeOf, serve, stop, token } from './client-setup.js';

const compressions = [
  ['gzip', createGzip],
  ['x-gzip', createGzip],
  ['deflate', createDeflate],
  ['deflate', createDeflateRaw],
  ['br', createBrotliCompress],
] as const;

/** Each text compressed and flushed, as servers do after each event, and the end of the stream. */
async function compressed(compression: (typeof compressions)[number][1], texts: readonly string[]): Promise<Buffer[]> {
  const stream = compression();
  const take = async (): Promise<Buffer> => {
    await new Promise((resolve) => setImmediate(resolve));
    return Buffer.concat(Array.from(read(stream)));
  };
  const pieces: Buffer[] = [];
  for (const text of texts) {
    stream.write(text);
    await new Promise<void>((resolve) => {
      stream.flush(resolve);
    });
    pieces.push(await take());
  }
  await new Promise<void>((resolve) => {
    stream.once('readable', resolve);
    stream.end();
  });
  return [...pieces, await take()];
}

function* read(stream: { read(): unknown }): Generator<Buffer> {
  for (let bytes = stream.read(); Buffer.isBuffer(bytes); bytes = stream.read()) yield bytes;
}

async function sendStream(exchange: ScriptedExchange, encoding: string, pieces: readonly Buffer[]): Promise<void> {
  const head = ['HTTP/1.1 200 OK', 'Content-Type: text/event-stream', `Content-Encoding: ${encoding}`];
  await exchange.write([...head, 'Transfer-Encoding: chunked', '', ''].join('\r\n'));
  for (const piece of pieces.filter(({ length }) => length > 0)) await exchange.writeChunk(piece);
  await exchange.endStream();
}

describe('a compressed stream', () => {
  it.each(compressions)('is read if it is %s (%o)', async (encoding, compression) => {
    const pieces = await compressed(compression, [token, token, stop + done]);
    const outcome = await outcomeOf((exchange) => sendStream(exchange, encoding, pieces));
    expect(outcome).toMatchObject({ status: 'completed', tokenChunks: 2, contentEncoding: encoding });
  });

  it('may be cut anywhere, and leaves the connection fit for the next request', async () => {
    const whole = Buffer.concat(await compressed(createGzip, [token, token, stop + done]));
    const bytes = Array.from(whole, (byte) => Buffer.from([byte]));
    const server = await serve((exchange) => sendStream(exchange, 'gzip', bytes));
    const client = clientOf(server.url);
    for (let request = 0; request < 2; request += 1) {
      expect(await client.send('{}', microsNow())).toMatchObject({
        status: 'completed',
        tokenChunks: 2,
        reconnects: 0,
      });
    }
    expect(server.connections).toBe(1);
  });

  it('fails if it is not what it says', async () => {
    const outcome = await outcomeOf((exchange) => sendStream(exchange, 'gzip', [Buffer.from(token + done)]));
    expect(outcome).toMatchObject({
      status: 'failed',
      code: 'undecodable_answer',
      message: expect.stringContaining('The answer is not gzip, as its content-encoding says') as string,
    });
  });

  it('fails if it ends in the middle', async () => {
    const [first = Buffer.alloc(0)] = await compressed(createGzip, [token, stop + done]);
    const outcome = await outcomeOf((exchange) => sendStream(exchange, 'gzip', [first]));
    expect(outcome).toMatchObject({ status: 'failed', code: 'incomplete_stream' });
  });

  it('fails, with the name of its encoding, if that is not understood', async () => {
    const outcome = await outcomeOf((exchange) => sendStream(exchange, 'zstd', [Buffer.from('(µ/ý')]));
    expect(outcome).toMatchObject({
      status: 'failed',
      code: 'unknown_encoding',
      message: expect.stringMatching(/content-encoding, zstd, is not understood\..* --header/) as string,
    });
  });
});

describe('a compressed error', () => {
  const headers = ['Content-Type: application/json', 'Content-Encoding: gzip'];

  it('is read', async () => {
    const body = gzipSync('{"error":{"message":"Too long","code":"too_long"}}');
    const outcome = await outcomeOf(async (exchange) => {
      await exchange.write(
        ['HTTP/1.1 400 Bad Request', ...headers, `Content-Length: ${body.length}`, '', ''].join('\r\n'),
      );
      await exchange.write(body);
    });
    expect(outcome).toMatchObject({ status: 'failed', code: 'too_long', message: 'Too long', httpStatus: 400 });
  });

  it('has no words if its encoding is not understood', async () => {
    const outcome = await outcomeOf((exchange) => exchange.answer('500 No', ['Content-Encoding: zstd'], '(µ/ý'));
    expect(outcome).toMatchObject({
      code: 'http_500',
      message: 'The server answered with status 500, in a content-encoding that is not understood (zstd).',
    });
  });
});

describe('ContentDecoder', () => {
  const failOn = (error: UndecodableError): never => {
    throw error;
  };

  it.each(compressions)('gives %s the times at which its pieces arrived (%o)', async (encoding, compression) => {
    const texts = ['one', 'two '.repeat(50_000), 'three'];
    const got = new Map<number, string>();
    const decoder = new ContentDecoder(
      encoding,
      (bytes, arrivalUs) => got.set(arrivalUs, (got.get(arrivalUs) ?? '') + bytes.toString()),
      failOn,
    );
    const pieces = await compressed(compression, texts);
    pieces.forEach((piece, index) => {
      decoder.feed(piece, index);
    });
    await decoder.end();
    expect([...got]).toEqual(texts.map((text, index) => [index, text]));
  });

  it('passes nothing on from an empty answer', async () => {
    const decoder = new ContentDecoder('gzip', () => undefined, failOn);
    await expect(decoder.end()).resolves.toBeUndefined();
  });
});
