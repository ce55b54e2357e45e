// Compares llama.cpp's tokens with those of the Python tokenizer: node check-tokens.mjs [model.gguf]
import {readFileSync} from "node:fs";
import {fileURLToPath} from "node:url";
import {getLlama} from "node-llama-cpp";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const llama = await getLlama({build: "never", gpu: false, logLevel: "error"});
const model = await llama.loadModel({modelPath: process.argv[2] ?? at("../bundled.gguf")});
const rows = JSON.parse(readFileSync(at("data/token-check.json"), "utf8"));
let wrong = 0;
for (const [text, ids] of rows) {
  const tokens = [...model.tokenize(text, false)];
  const same = tokens.length === ids.length && tokens.every((token, i) => token === ids[i]);
  const back = model.detokenize(tokens, true);
  if (!same || back !== text) {
    wrong++;
    if (wrong <= 12) console.log(JSON.stringify({text, same, ids, tokens, back}));
  }
}
console.log(`${rows.length - wrong} of ${rows.length} strings have the same tokens and decode to themselves`);
await llama.dispose();
process.exitCode = wrong ? 1 : 0;
