import { fileURLToPath } from 'node:url';
import { markdownTable } from '../support/markdown.js';
import { cpuMs, type ServerProcess, startChatstream, startScript } from '../support/processes.js';
import { ratios, spread } from '../support/statistics.js';
import { streamOnce } from '../support/stream-client.js';

/**
 * The CPU time for each chunk that `serve --upstream` passes on, with 500 streams, against a pipe from undici to `node:http`.
 */
const repeats = Number(process.argv[2] ?? 5);
const path = '/v1/chat/completions';
const body = { messages: [{ role: 'user', content: 'Count, please.' }], stream: true };

const streams = 500;
const tokens = 400;
const roundMs = 30;
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const source = await startScript(script('bare-http-server.js'), [String(roundMs), String(tokens)]);
const pipe = await startScript(script('bare-pipe.js'), [source.url]);
const relay = await startChatstream(['--upstream', `${source.url},slots=${streams}`]);
const measure = async (server: ServerProcess): Promise<number> => {
  const before = cpuMs(server.pids());
  await Promise.all(Array.from({ length: streams }, () => streamOnce(server.url + path, body)));
  return ((cpuMs(server.pids()) - before) * 1000) / (streams * tokens);
};
try {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let repeat = 0; repeat <= repeats; repeat += 1) {
    const their = await measure(pipe);
    const our = await measure(relay);
    if (repeat === 0) continue;
    ours.push(our);
    theirs.push(their);
  }
  console.log(
    markdownTable(
      [`CPU µs per chunk, ${streams} streams, ${roundMs} ms between chunks`, 'µs', 'ratio', 'aim'],
      [
        ['undici piped into node:http', spread(theirs), '1', ''],
        ['chatstream serve --upstream', spread(ours), spread(ratios(ours, theirs)), 'at most 1.3'],
      ],
    ),
  );
} finally {
  await Promise.all([relay.stop(), pipe.stop()]);
  await source.stop();
}
