// Asks the model the prompts of prompts.json and prints its replies as a Markdown table.
//   node evaluate.mjs [--model FILE] [--seed 1] [--greedy] [--chats] [--check] [--ask TEXT …]
// --greedy: temperature 0; --check: compares greedy.json with what the model says now; --ask: other prompts.
import {readFileSync} from "node:fs";
import {fileURLToPath} from "node:url";
import {parseArgs} from "node:util";
import {Template} from "@huggingface/jinja";
import {getLlama} from "node-llama-cpp";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const {values: options} = parseArgs({
  options: {
    model: {type: "string", default: at("../bundled.gguf")},
    seed: {type: "string", default: "1"},
    greedy: {type: "boolean", default: false},
    chats: {type: "boolean", default: false},
    check: {type: "boolean", default: false},
    ask: {type: "string", multiple: true},
  },
});
const {sampling, prompts, chats} = JSON.parse(readFileSync(at("prompts.json"), "utf8"));

const llama = await getLlama({build: "never", gpu: false, logLevel: "error", maxThreads: 1});
const model = await llama.loadModel({modelPath: options.model});
const context = await model.createContext({contextSize: 1024, sequences: 1, threads: 1});
const sequence = context.getSequence();
const template = new Template(model.fileInfo.metadata.tokenizer.chat_template);
const total = {tokens: 0, seconds: 0};

/** The model's reply to the messages, and how it ended. */
async function reply(messages, {temperature, seed}) {
  const text = template.render({messages, add_generation_prompt: true});
  await sequence.clearHistory();
  const tokens = [];
  let ended = false;
  const begin = performance.now();
  const generation = sequence.evaluate(model.tokenize(text, true), {
    temperature, seed, topK: sampling.topK, topP: sampling.topP, yieldEogToken: true,
  });
  for await (const token of generation) {
    total.tokens++;
    ended = model.isEogToken(token);
    if (ended || tokens.push(token) >= sampling.maxTokens) break;
  }
  total.seconds += (performance.now() - begin) / 1000;
  return {text: model.detokenize(tokens), tokens, ended};
}

/** A piece of 1 to 24 tokens, six tokens or more in all, that follows itself at least three times. */
function loops(tokens) {
  for (let size = 1; size <= 24; size++)
    for (let from = 0, run = 0; from + size < tokens.length; from++) {
      run = tokens[from] === tokens[from + size] ? run + 1 : 0;
      if (run >= size * 2 && run + size >= 6) return true;
    }
  return false;
}

const japanese = (text) => (text.match(/[\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Han}]/gu) ?? []).length;
const inLanguage = (lang, text) => {
  const latin = (text.match(/\p{sc=Latin}/gu) ?? []).length;
  return lang === "ja" ? japanese(text) > 0 || /^[\d、。 ]+$/u.test(text) : latin > 2 * japanese(text) || /^[\d,. ]+$/u.test(text);
};
const cell = (text) => text.replaceAll("|", "\\|").replaceAll("\n", "<br>");
const temperature = options.greedy ? 0 : sampling.temperature;
const seed = Number(options.seed);

if (options.check) {
  const pairs = JSON.parse(readFileSync(at("greedy.json"), "utf8"));
  for (const pair of pairs) {
    const said = (await reply(pair.messages, {temperature: 0, seed})).text;
    console.log(said === pair.reply ? "ok       " : "DIFFERENT", JSON.stringify(said));
    if (said !== pair.reply) process.exitCode = 1;
  }
} else if (options.ask) {
  for (const text of options.ask) {
    const {text: said, ended} = await reply([{role: "user", content: text}], {temperature, seed});
    console.log(`- ${text} → ${said}${ended ? "" : " …(not ended)"}`);
  }
} else if (options.chats) {
  for (const chat of chats) {
    const messages = [];
    for (const [i, content] of chat.entries()) {
      messages.push({role: "user", content});
      messages.push({role: "assistant", content: (await reply(messages, {temperature, seed: seed + i})).text});
    }
    console.log(messages.map((m) => `> **${m.role}**: ${cell(m.content)}`).join("  \n") + "\n");
  }
} else {
  const count = {ended: 0, language: 0, looped: 0};
  console.log("| # | | prompt | reply | tokens | ended |\n| --- | --- | --- | --- | --- | --- |");
  for (const [i, {lang, seen, text}] of prompts.entries()) {
    const {text: said, tokens, ended} = await reply([{role: "user", content: text}], {temperature, seed: seed + i});
    const right = inLanguage(lang, said);
    const looped = loops(tokens);
    count.ended += ended;
    count.language += right;
    count.looped += looped;
    const marks = [seen ? "" : "new", right ? "" : "wrong language", looped ? "loop" : ""].filter(Boolean).join(", ");
    console.log(`| ${i + 1} | ${marks} | ${cell(text)} | ${cell(said)} | ${tokens.length} | ${ended ? "yes" : "no"} |`);
  }
  console.log(`\n${count.ended} of ${prompts.length} ended by themselves, ${count.language} in the prompt's language, ${count.looped} looped.`);
}
console.error(`${total.tokens} tokens, ${(total.tokens / total.seconds).toFixed(0)} tokens/s, prefill included`);
await llama.dispose();
