import { getLlama, LlamaLogLevel, type LlamaModel } from 'node-llama-cpp';
import type { ChatMessage } from '../../src/core/engine/engine.js';
import { compileJinja } from '../../src/core/engine/llama/library/jinja.js';
import { Prompts } from '../../src/core/engine/llama/prompts.js';
import { markdownTable } from '../support/markdown.js';
import { ratios, spread } from '../support/statistics.js';

/**
 * What keeping content apart from the marks of the template costs: from messages to tokens, as the engine does it,
 * against rendering them and giving the whole text to llama.cpp's tokenizer. In turns, in one process.
 *
 * Takes model files; without any, the bundled one.
 */
const rounds = 30;
const untilMs = 20;

const sentence = 'The quick brown fox jumps over the lazy dog, and then it goes home to its family in the wood. ';

const chats: Readonly<Record<string, readonly ChatMessage[]>> = {
  'one line': [{ role: 'user', content: 'What is the capital of France?' }],
  '1 kB': turns(5, sentence.repeat(2)),
  '1 kB of code': turns(5, "if (a < b && c > d) { return x['<p>'] ?? '</p>'; }\n".repeat(4)),
  '20 kB': turns(10, sentence.repeat(20)),
};

function turns(count: number, content: string): ChatMessage[] {
  return Array.from({ length: count }, (_, turn) => ({ role: turn % 2 === 0 ? 'user' : 'assistant', content }));
}

/** Microseconds per call, over at least {@link untilMs}. */
async function microsPerCall(call: () => unknown): Promise<number> {
  const start = performance.now();
  let calls = 0;
  let elapsedMs = 0;
  while (elapsedMs < untilMs) {
    await call();
    calls += 1;
    elapsedMs = performance.now() - start;
  }
  return (elapsedMs * 1000) / calls;
}

/** Without any protection: rendered once, tokenised at once. */
function directly(model: LlamaModel, source: string): (messages: readonly ChatMessage[]) => readonly number[] {
  const render = compileJinja(model.llama, source);
  return (messages) =>
    model.tokenize(
      render({
        messages,
        tools: null,
        documents: null,
        add_generation_prompt: true,
        bos_token: model.tokens.bosString ?? '',
        eos_token: model.tokens.eosString ?? '',
      }),
      true,
    );
}

const files = process.argv.slice(2);
const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.disabled });
const rows: string[][] = [];
for (const modelPath of files.length > 0 ? files : ['models/bundled.gguf']) {
  const model = await llama.loadModel({ modelPath, vocabOnly: true });
  const source = model.fileInfo.metadata.tokenizer.chat_template;
  if (source === undefined) throw new Error(`${modelPath} has no chat template.`);
  const prompts = new Prompts(model, Infinity);
  const direct = directly(model, source);
  for (const [name, messages] of Object.entries(chats)) {
    const ours: number[] = [];
    const others: number[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const own = await microsPerCall(() => prompts.prepare({ type: 'chat', messages }));
      const other = await microsPerCall(() => direct(messages));
      if (round === 0) continue; // the first round compiles
      ours.push(own);
      others.push(other);
    }
    rows.push([modelPath, name, `${spread(ours, 0)} µs`, `${spread(others, 0)} µs`, spread(ratios(ours, others))]);
  }
  await model.dispose();
}
console.log(markdownTable(['model', 'chat', 'prepare', 'rendered and tokenised at once', 'ratio'], rows));
await llama.dispose();
