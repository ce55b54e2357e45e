import { ChatstreamError } from '../../base/errors.js';
import { contextLengthError } from '../../base/refusals/refusals.js';
import type { GenerationEvent, GenerationSpec, Token } from '../engine.js';
import type { ForeignText } from '../foreign-text.js';
import type { PromptCache, Warmth } from '../prompt-cache/prompt-cache.js';
import type { PromptCacheActivity } from '../prompt-cache-activity.js';
import { TextAssembler } from '../text/text-assembler.js';
import type { RoundWork } from '../threads/thread-governor.js';
import { canReadLogits, type Library } from './library/library.js';
import type { LoadedModel } from './loading/load.js';
import type { Prompts } from './prompts.js';
import type { AdaptiveChunk } from './rounds/adaptive-chunk.js';
import { Samplers } from './samplers.js';
import { TokenRater } from './sampling/token-rater.js';
import { ExpectedRests } from './slots/expected-rests.js';
import { LlamaGeneration } from './slots/generation.js';
import type { PromptRater } from './slots/generation-start.js';
import { chooseSlot, type Slot } from './slots/slots.js';

/** Assigns slots to generations between rounds, and takes the slots back. */
export class SlotAssignment {
  readonly #loaded: LoadedModel;
  readonly #prompts: Prompts;
  readonly #slots: readonly Slot[];
  readonly #chunk: Pick<AdaptiveChunk, 'tokens'>;
  readonly #samplers: Samplers;
  readonly #cache: PromptCache<Slot>;
  readonly #rater: TokenRater;
  readonly #expectedRests = new ExpectedRests<LlamaGeneration>();
  #assigned = 0;

  constructor(
    library: Library,
    loaded: LoadedModel,
    prompts: Prompts,
    { slots, chunk }: { readonly slots: readonly Slot[]; readonly chunk: Pick<AdaptiveChunk, 'tokens'> },
    cache: PromptCache<Slot>,
  ) {
    this.#loaded = loaded;
    this.#prompts = prompts;
    this.#slots = slots;
    this.#chunk = chunk;
    this.#cache = cache;
    this.#samplers = new Samplers(library, loaded, prompts);
    this.#rater = new TokenRater(loaded.model, (token) => prompts.textOfToken(token));
  }

  /**
   * Gives a generation a slot. Only between rounds.
   *
   * @returns the running generation, or the only event of one that ended before it began
   * @throws ChatstreamError `invalid_request` or `context_length_exceeded`; `internal` if there is no free slot, which
   *   the caller has to prevent
   */
  async assign(spec: GenerationSpec): Promise<LlamaGeneration | GenerationEvent> {
    this.#check(spec);
    const { contextLength } = this.#loaded;
    const text = new TextAssembler(this.#prompts.decodeWith(spec.marks), spec.stop);
    const { isStopped, foreignTexts } = readResumed(text, spec);
    if (isStopped) {
      const { stop } = text;
      return { type: 'ended', id: spec.id, reason: 'stop', token: null, text: '', ...(stop !== null && { stop }) };
    }
    const evaluated = [...spec.prompt, ...spec.resumeAfter];
    // Without tokens to write, the prompt is still read: it is rated, or the next request begins with it.
    const isWritten = spec.maxTokens > 0 && spec.resumeAfter.length >= spec.maxTokens;
    if (isWritten || evaluated.length >= contextLength) {
      return { type: 'ended', id: spec.id, reason: 'length', token: null, text: text.end() };
    }

    const sampler = await this.#samplers.begin(spec);
    const ratesPrompt = spec.ratesPrompt === true && spec.resumeAfter.length === 0;
    const slot = this.#chooseSlot(ratesPrompt ? [] : evaluated);
    slot.busy = true;
    return new LlamaGeneration({
      spec,
      slot,
      order: this.#assigned++,
      evaluated,
      ...sampler,
      text,
      promptRater: ratesPrompt ? this.#promptRater(slot, spec.logprobs ?? 0) : null,
      foreignTexts,
      ratings: spec.logprobs === undefined ? null : this.#rater.follow(slot.sequence, spec.logprobs),
      isEnd: (token) => this.#prompts.isEnd(token),
      contextLength,
      chunk: this.#chunk,
    });
  }

  /**
   * Gives a generation the beginning of its prompt, as far as it was computed before. Only between rounds, and as late
   * as possible, because earlier generations may have computed it by then.
   *
   * @param isAlone whether no other generation runs
   * @returns what was moved; the generation may still be cold afterwards
   */
  async warm(generation: LlamaGeneration, isAlone: boolean): Promise<Warmth['moved']> {
    const { slot } = generation;
    const { cached, moved } = await this.#cache.warm(slot, cacheable(generation), this.#othersThan(slot), isAlone);
    if (cached !== null) generation.begin(cached);
    this.#expectedRests.forget();
    return moved;
  }

  /** How many tokens of a cold generation's prompt will probably have to be read. */
  expectedRest(generation: LlamaGeneration, isAlone: boolean): number {
    return this.#expectedRests.of(generation, isAlone, () => {
      const { slot, evaluated } = generation;
      return evaluated.length - this.#cache.expect(slot, cacheable(generation), this.#othersThan(slot), isAlone);
    });
  }

  /**
   * Records what a round has prefilled. Only between rounds.
   *
   * @param generations those that prefilled in it
   * @param work how many tokens they prefilled together, and how many others got a token
   * @param took how long, in milliseconds; null if the round also rated tokens
   */
  async prefilled(
    generations: readonly LlamaGeneration[],
    { prefillTokens: tokens, decodes }: RoundWork,
    took: { readonly ms: number; readonly copies: boolean } | null,
  ): Promise<void> {
    if (took?.copies === true) this.#cache.observeCopy(tokens, decodes, took.ms);
    else if (took !== null) this.#cache.observe(tokens, decodes, took.ms);
    if (generations.some(({ isPrefilling }) => !isPrefilling)) this.#expectedRests.forget();
    else this.#expectedRests.read(tokens, this.#chunk.tokens);
    // The next turn of a conversation begins with this prompt, but not always with the answer as it was generated.
    for (const { isPrefilling, slot } of generations) if (!isPrefilling) await slot.takeCheckpoint();
  }

  /** See `PromptCache.takeActivity`. */
  takeCacheActivity(): PromptCacheActivity | undefined {
    return this.#cache.takeActivity();
  }

  /** Takes the slot back. Only between rounds. */
  async release(generation: LlamaGeneration): Promise<void> {
    const { slot } = generation;
    await generation.close();
    if (generation.hasFailed) await slot.clear();
    slot.busy = false;
    this.#expectedRests.forget();
    slot.lastUsed = this.#assigned;
  }

  #promptRater({ sequence }: Slot, alternatives: number): PromptRater {
    return {
      rate: (tokens) => this.#rater.ratePrompt(sequence, tokens, alternatives),
      unrated: (token) => this.#rater.unrated(token),
    };
  }

  #othersThan(slot: Slot): readonly Slot[] {
    return this.#slots.filter((other) => other !== slot);
  }

  #check(spec: GenerationSpec): void {
    const { contextLength } = this.#loaded;
    this.#prompts.check(spec.prompt, 'prompt');
    this.#prompts.check(spec.resumeAfter, 'resume.tokens');
    this.#prompts.check(Object.keys(spec.sampling.logitBias).map(Number), 'logit_bias');
    this.#prompts.check(spec.stopTokens, 'stop_token_ids');
    const [anySlot] = this.#slots;
    if (spec.logprobs !== undefined && (anySlot === undefined || !canReadLogits(anySlot.sequence))) {
      throw new ChatstreamError('invalid_request', 'The probabilities of tokens cannot be read here.', {
        param: 'logprobs',
        hint: 'Leave "logprobs" out; nothing was generated.',
      });
    }
    if (spec.prompt.length === 0) {
      throw new ChatstreamError('invalid_request', 'The prompt is empty.', { param: 'prompt' });
    }
    if (spec.prompt.length >= contextLength) {
      throw contextLengthError(spec.prompt.length, contextLength, 'prompt');
    }
  }

  #chooseSlot(tokens: readonly number[]): Slot {
    const free = this.#slots.filter((slot) => !slot.busy);
    if (free.length === 0) throw new ChatstreamError('internal', `All ${this.#slots.length} slots are taken.`);
    const index = chooseSlot(
      free.map((slot) => slot.candidate(tokens)),
      (index) => this.#slots[index]?.busy ?? false,
    );
    const slot = this.#slots[index];
    if (slot === undefined) throw new RangeError(`there is no slot ${index}`);
    return slot;
  }
}

/**
 * The text of the tokens with which a generation resumes was reported already, here or elsewhere: this restores the state of
 * the assembler.
 *
 * @returns the texts of those that another server generated, and whether the text ends with them
 */
function readResumed(
  text: TextAssembler,
  { resumeAfter, minTokens, foreignTokens = 0 }: GenerationSpec,
): { readonly isStopped: boolean; readonly foreignTexts: readonly ForeignText[] } {
  const foreignTexts: ForeignText[] = [];
  const isStopped = resumeAfter.some((token, index) => {
    const assembled = text.push(token, index >= minTokens);
    if (index < foreignTokens) foreignTexts.push({ text: assembled.text, written: text.written });
    return assembled.stopped;
  });
  return { isStopped, foreignTexts };
}

/** The tokens whose beginning may come from a cache. To rate a token, the tokens before it have to be evaluated. */
function cacheable({ evaluated, ratesPrompt }: LlamaGeneration): readonly Token[] {
  return ratesPrompt ? evaluated.slice(0, 1) : evaluated;
}
