import type { LlamaGrammarEvaluationState } from 'node-llama-cpp';
import { ChatstreamError } from '../../base/errors.js';
import type { GenerationSpec, Token } from '../engine.js';
import { subjectOf } from '../format/compile-format.js';
import type { OutputFormat } from '../output-format.js';
import { Formats } from './formats/formats.js';
import { Grammars } from './formats/grammar.js';
import { acceptGrammarToken, type Library } from './library/library.js';
import type { LoadedModel } from './loading/load.js';
import type { Prompts } from './prompts.js';
import { areSubtracted } from './sampling/count-penalties.js';
import { Guidance } from './sampling/guidance.js';
import { PenaltyWindow } from './sampling/penalty-window.js';
import { evaluateOptions } from './sampling/sampling.js';
import { ThoughtLimiter } from './sampling/thought-limiter.js';
import { tokenBiases } from './sampling/token-biases.js';
import type { GenerationStart } from './slots/generation-start.js';

/** How the tokens of one generation are drawn. */
type Sampler = Pick<GenerationStart, 'options' | 'steer' | 'penalties' | 'bias'>;

/** Makes what draws the tokens of a generation, by its sampling, its format and the limit of its thoughts. */
export class Samplers {
  readonly #library: Library;
  readonly #loaded: LoadedModel;
  readonly #prompts: Prompts;
  readonly #grammars: Grammars;
  readonly #formats = new Formats();

  constructor(library: Library, loaded: LoadedModel, prompts: Prompts) {
    this.#library = library;
    this.#loaded = loaded;
    this.#prompts = prompts;
    this.#grammars = new Grammars(library, loaded.model);
  }

  /**
   * A sampler that has already been advanced by the tokens with which the generation resumes.
   *
   * @throws ChatstreamError `invalid_request` for a format that the model cannot write, and for tokens of a client that do not
   *   follow it
   */
  async begin(spec: GenerationSpec): Promise<Sampler> {
    const { model, contextLength } = this.#loaded;
    const guidance = this.#guidance(spec, await this.#grammarOf(spec.format));
    resume(guidance, spec);
    const penalties = PenaltyWindow.for(spec.sampling, spec.prompt, spec.resumeAfter, contextLength);
    const source = { library: this.#library, model, endTokens: () => this.#prompts.endTokens() };
    const areBiases = penalties !== null && areSubtracted(spec.sampling);
    const biases = tokenBiases(source, spec, areBiases ? penalties : null);
    const state = { penalties: areBiases ? null : penalties, biases, grammar: guidance.grammar };
    return {
      options: evaluateOptions(spec, state),
      steer: guidance.steer,
      penalties,
      bias: biases?.type === 'changing' ? biases.bias : null,
    };
  }

  async #grammarOf(wanted: OutputFormat): Promise<LlamaGrammarEvaluationState | null> {
    if (wanted.type !== 'text') this.#checkCanEnd(wanted);
    const format = this.#formats.compile(wanted, null);
    return format.type === 'compiled' ? await this.#grammars.begin(format) : null;
  }

  #guidance({ thoughtLimit, marks }: GenerationSpec, grammar: LlamaGrammarEvaluationState | null): Guidance {
    const { llama } = this.#loaded;
    const limiter =
      thoughtLimit === null
        ? null
        : new ThoughtLimiter(thoughtLimit, {
            decode: this.#prompts.decodeWith(marks),
            end: this.#prompts.tokensOfMark(thoughtLimit.closing),
            isRefused: (token) => grammar !== null && this.#prompts.isEnd(token),
          });
    const accept = (token: Token): void => {
      if (grammar !== null && !this.#prompts.isEnd(token)) acceptGrammarToken(llama, grammar, token);
    };
    return new Guidance(limiter, grammar, accept);
  }

  /** After a complete grammar, only an end-of-generation token may follow. Without one, see `hardlyEver` in token-biases.ts. */
  #checkCanEnd(format: OutputFormat): void {
    if (this.#prompts.endTokens().length > 0) return;
    throw new ChatstreamError('invalid_request', 'This model has no token that ends a text, which a format needs.', {
      param: subjectOf(format).param,
    });
  }
}

/** @throws ChatstreamError `invalid_request` for tokens of a client that do not follow the format */
function resume(guidance: Guidance, { resumeAfter, foreignTokens = 0 }: GenerationSpec): void {
  try {
    for (const token of resumeAfter) guidance.resume(token);
  } catch (error) {
    if (foreignTokens === 0) throw error;
    throw new ChatstreamError('invalid_request', 'The answer to resume does not follow its format.', {
      param: 'resume.tokens',
      cause: error,
    });
  }
}
