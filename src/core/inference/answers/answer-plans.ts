import type { Dialect } from '../../engine/dialects/dialect.js';
import { AnswerReader } from '../../engine/dialects/reading/answer-reader.js';
import { type ChatDialect, chatDialect, marksOfAnswer } from '../../engine/dialects/templates/chat-dialect.js';
import type { EngineInfo, GenerationSpec, Prepared } from '../../engine/engine.js';
import type { ThoughtLimit } from '../../engine/reasoning.js';
import type { InferenceRequest } from '../request.js';
import { type AnswerReading, plainReading } from './answer-reading.js';
import { RatedReading } from './rated-reading.js';

/** How to generate and read the answer to a request. */
export interface AnswerPlan extends Pick<GenerationSpec, 'marks' | 'thoughtLimit'> {
  readonly reading: AnswerReading;
}

/** White space around the mark, as models write it that were trained on thoughts in tags; messages have none. */
function thoughtLimit({ thoughts, messages }: Dialect, isThinking: boolean, maxTokens: number): ThoughtLimit | null {
  if (thoughts === null) return null;
  const { begin, end } = thoughts;
  return { begin: isThinking ? null : begin, end, closing: messages === undefined ? `\n${end}\n\n` : end, maxTokens };
}

/** Plans answers for the way in which a model writes them. */
export class AnswerPlans {
  #dialect: ChatDialect = chatDialect(null);
  #template: string | null = null;

  plan(request: InferenceRequest, prepared: Prepared, info: EngineInfo): AnswerPlan {
    const plan = this.#planOf(request, prepared, info);
    return request.logprobs === undefined ? plan : { ...plan, reading: new RatedReading(plan.reading) };
  }

  #planOf(request: InferenceRequest, { isThinking }: Prepared, info: EngineInfo): AnswerPlan {
    const { source, format, thoughtTokens } = request;
    const dialect = this.#dialectOf(info);
    const { thoughts, calls } = dialect;
    const { tools, isRequired } = format.type === 'calls' ? format.demand : { tools: [], isRequired: false };
    const isPlain = thoughts === null && tools.length === 0 && calls?.contentBegin === undefined;
    if (source.type !== 'chat' || isPlain) return { reading: plainReading, marks: [], thoughtLimit: null };
    return {
      reading: new AnswerReader(dialect, { tools, isThinking, isRequired }),
      marks: marksOfAnswer(dialect, tools.length > 0),
      thoughtLimit: thoughtTokens === null ? null : thoughtLimit(dialect, isThinking, thoughtTokens),
    };
  }

  /** Cached, because it only depends on the model. */
  #dialectOf({ chatTemplate }: EngineInfo): ChatDialect {
    if (chatTemplate === this.#template) return this.#dialect;
    this.#template = chatTemplate;
    this.#dialect = chatDialect(chatTemplate);
    return this.#dialect;
  }
}
