import { describe, expect, it } from 'vitest';
import { chat, idleTimers, type TestApp, testApp, type TestAppOptions, until } from '../../../../support/app.js';
import { RawClient } from '../../../../support/raw-client.js';
import { listen } from '../../../../support/stream-client.js';

const path = '/v1/chat/completions';

interface Arriving extends TestApp {
  readonly client: RawClient;
  /** Sends a part of the request and waits until the server has read it. */
  readonly send: (part: string) => Promise<void>;
  /** One second after the other, as the server's own timers count them, with a part of the body in each. */
  readonly trickle: (seconds: number, part: string) => Promise<void>;
}

async function arriving(server: TestAppOptions['server'] = {}): Promise<Arriving> {
  const made = await testApp({ server });
  const port = await listen(made.app);
  let read = (): number => 0;
  made.app.server.once('connection', (socket) => {
    read = () => socket.bytesRead;
  });
  const client = new RawClient(`http://127.0.0.1:${port}`);
  const send = async (part: string): Promise<void> => {
    const before = read();
    client.write(part);
    await until(() => read() === before + part.length || client.isClosed, 'the server to read');
  };
  const trickle = async (seconds: number, part: string): Promise<void> => {
    for (let second = 0; second < seconds && !client.isClosed; second += 1) {
      if (part !== '') await send(part);
      await made.clock.advanceAsync(1000);
    }
  };
  return { ...made, client, send, trickle };
}

function head(length: number): string {
  return `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
}

async function closedFor({ get }: TestApp, reason: string): Promise<number> {
  const { body } = await get('/metrics');
  return Number(
    new RegExp(`^chatstream_http_connections_closed_total\\{reason="${reason}"\\} (\\d+)$`, 'm').exec(body)?.[1],
  );
}

describe('a request body that stands still', () => {
  it('is answered with 408 in OpenAI’s shape after 30 s, and the connection is closed', async () => {
    const made = await arriving();
    await made.send(head(100));
    await made.trickle(29, '');
    expect(made.client.received).toBe('');
    await made.trickle(1, '');
    await made.client.closed;
    const [headers = '', body = ''] = made.client.received.split('\r\n\r\n');
    expect(headers).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(headers).toMatch(/^connection: close$/im);
    expect(headers).toMatch(/^x-request-id: \S+$/im);
    expect(JSON.parse(body)).toEqual({
      error: {
        message:
          'The request body arrived too slowly. At least 1024 bytes per second are expected, and no pause of 30 s.',
        type: 'invalid_request_error',
        param: null,
        code: 'body_timeout',
      },
    });
    expect(await closedFor(made, 'slow_body')).toBe(1);
  });

  it('has no more patience because much of it arrived at once', async () => {
    const { client, send, trickle } = await arriving();
    await send(head(900_000));
    await send('x'.repeat(800_000));
    await trickle(29, '');
    expect(client.isClosed).toBe(false);
    await trickle(2, '');
    await client.closed;
    expect(client.received).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('ends its connection when the request was answered already', async () => {
    const { client, send, trickle } = await arriving({ apiKeys: ['secret'] });
    await send(head(100));
    await until(() => client.received.includes('invalid_api_key'));
    await trickle(31, '');
    await client.closed;
    expect(client.received).not.toContain('HTTP/1.1 408');
  });
});

describe('a request body that trickles', () => {
  it('is given up if it is slower than the slowest rate', async () => {
    const { client, send, trickle } = await arriving();
    await send(head(50_000));
    await trickle(40, 'x'.repeat(200));
    await client.closed;
    expect(client.received).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('may take as long as it likes at the slowest rate', async () => {
    const body = JSON.stringify(chat('x'.repeat(300 * 1024), { max_tokens: 1 }));
    const { client, send, trickle, flyUntil } = await arriving();
    await send(head(body.length));
    for (let sent = 0; sent < body.length; sent += 1024) await trickle(1, body.slice(sent, sent + 1024));
    await flyUntil(until(() => client.received.includes('\r\n\r\n')));
    // Read to its end: the prompt is too long for the context.
    expect(client.received).toContain('context_length_exceeded');
  });

  it('is not blamed for the time in which the whole process stood still', async () => {
    const { client, clock, send, trickle } = await arriving();
    await send(head(100));
    clock.sleep(600_000);
    await trickle(1, '');
    expect(client.isClosed).toBe(false);
  });
});

describe('a request that was answered early', () => {
  it('may not send its body for ever', async () => {
    const { client, send, trickle } = await arriving({ apiKeys: ['secret'], maxBodyBytes: 2048 });
    await send(head(10_000_000));
    await until(() => client.received.includes('invalid_api_key'));
    await trickle(29, 'x'.repeat(60_000));
    expect(client.isClosed).toBe(false);
    await trickle(2, 'x'.repeat(60_000));
    await client.closed;
  });
});

describe('requests whose bodies arrive', () => {
  it('leave no timer behind', async () => {
    const { post, clock } = await testApp();
    await post(path, chat('hi'));
    await clock.advanceAsync(1000);
    expect(clock.pending).toBe(idleTimers);
  });
});
