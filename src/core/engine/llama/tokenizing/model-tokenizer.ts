import type { LlamaModel } from 'node-llama-cpp';
import { tokenSpelling } from '../library/library.js';
import { type ReadElsewhere, Tokenizer } from '../prompt/tokenizer.js';
import type { Spelling, VocabularyEntry, VocabularySource } from '../prompt/vocabulary.js';

/** `tokenizer.ggml.model`: how the known tokenizers of llama.cpp spell tokens. */
const spellings: Readonly<Record<string, Spelling>> = { gpt2: 'bytes', llama: 'characters', gemma4: 'characters' };

export function spellingOf(model: LlamaModel): Spelling | null {
  return spellings[model.fileInfo.metadata.tokenizer.ggml.model] ?? null;
}

/**
 * The tokenizer of a model. It reads the vocabulary when it is first needed.
 *
 * @param readElsewhere see `Tokenizer`
 */
export function tokenizerOf(model: LlamaModel, readElsewhere?: ReadElsewhere): Tokenizer {
  const native = { tokenize: (text: string) => model.tokenize(text, false), addsSpace: addsSpace(model) };
  return new Tokenizer(vocabularyOf(model), native, readElsewhere);
}

function vocabularyOf(model: LlamaModel): VocabularySource {
  return {
    spelling: spellingOf(model),
    *entries(): Generator<VocabularyEntry> {
      for (const token of model.iterateAllTokens()) {
        const { control, unknown, userDefined, lstrip: left, rstrip: right } = model.getTokenAttributes(token);
        const type = control || unknown ? 'control' : 'user_defined';
        const special = control || unknown || userDefined ? ({ type, strips: { left, right } } as const) : null;
        yield { token, text: tokenSpelling(model, token), special };
      }
    },
  };
}

/** SentencePiece's tokenizer puts a space before a text, if the model was trained so. */
function addsSpace(model: LlamaModel): boolean {
  const [first] = model.tokenize('a', false);
  return first !== undefined && tokenSpelling(model, first).startsWith('▁');
}
