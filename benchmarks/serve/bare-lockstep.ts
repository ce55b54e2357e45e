import { getLlama, LlamaLogLevel, type Token } from 'node-llama-cpp';
import { decodeTokensPerSecond, type StreamSample } from '../support/stream-client.js';

/**
 * The most that node-llama-cpp can give: sequences that are asked for their next tokens together, and nothing around it: no
 * server, no queue, no text. Answers each `{ sequences, tokens }` from its parent with decoded tokens per second.
 */
const [modelPath = '', slots = '8', threads = '1', contextSize = '512', promptTokens = '32'] = process.argv.slice(2);

const llama = await getLlama({ build: 'never', gpu: false, logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath });
const context = await model.createContext({
  sequences: Number(slots),
  contextSize: Number(contextSize),
  batchSize: 128 + Number(slots),
  threads: Number(threads),
});
const sequences = Array.from({ length: Number(slots) }, () => context.getSequence());

async function measure(count: number, tokens: number): Promise<number> {
  const running = sequences.slice(0, count);
  await Promise.all(running.map((sequence) => sequence.clearHistory()));
  const streams = running.map((sequence, index) => {
    const text = `${index} `.repeat(Number(promptTokens));
    const prompt = model.tokenize(text).slice(0, Number(promptTokens));
    return sequence.evaluate(prompt, {
      temperature: 0.8,
      topK: 40,
      topP: 0.95,
      minP: 0.05,
      seed: index,
      yieldEogToken: true,
    });
  });
  const firsts = running.map(() => 0);
  const lasts = running.map(() => 0);
  const take = async (stream: AsyncGenerator<Token, void>, index: number, round: number): Promise<void> => {
    await stream.next();
    if (round === 0) firsts[index] = performance.now();
    lasts[index] = performance.now();
  };
  for (let round = 0; round < tokens; round += 1) {
    await Promise.all(streams.map((stream, index) => take(stream, index, round)));
  }
  await Promise.all(streams.map((stream) => stream.return()));
  const samples: StreamSample[] = firsts.map((firstMs, index) => ({ tokens, firstMs, lastMs: lasts[index] ?? 0 }));
  return decodeTokensPerSecond(samples);
}

process.on('message', (order: { readonly sequences: number; readonly tokens: number }) => {
  void measure(order.sequences, order.tokens).then((rate) => process.send?.({ rate }));
});
process.send?.({ rate: 0 });
