import type { AnswerPart } from '../engine/dialects/answer.js';
import { AnswerReader } from '../engine/dialects/answer-reader.js';
import { type ChatDialect, chatDialect, marksOfAnswer } from '../engine/dialects/chat-dialect.js';
import type { Dialect } from '../engine/dialects/dialect.js';
import type { EngineInfo, GenerationSpec, Prepared, ThoughtLimit } from '../engine/engine.js';
import type { InferenceRequest } from './request.js';

/** Makes the text of one answer into its parts. */
interface AnswerReading {
  /** Whether what comes next belongs to a thought, as far as is known. */
  readonly isThinking: boolean;
  /** Number of calls of tools that have begun. */
  readonly calls: number;
  /** Whether the text ended before the last call was over. */
  readonly endedInCall: boolean;
  push(text: string): readonly AnswerPart[];
  end(text: string, isCut: boolean): readonly AnswerPart[];
}

/** An answer that is nothing but content. */
const plain: AnswerReading = { isThinking: false, calls: 0, endedInCall: false, push: contentOf, end: contentOf };

function contentOf(text: string): readonly AnswerPart[] {
  return text === '' ? [] : [{ type: 'content', text }];
}

/** How the answer to a request is to be generated and read. */
export interface AnswerPlan extends Pick<GenerationSpec, 'marks' | 'thoughtLimit'> {
  readonly reading: AnswerReading;
}

/** White space around the mark, as models write it that were trained on thoughts in tags; messages have none. */
function thoughtLimit({ thoughts, messages }: Dialect, isThinking: boolean, maxTokens: number): ThoughtLimit | null {
  if (thoughts === null) return null;
  const { begin, end } = thoughts;
  return { begin: isThinking ? null : begin, end, closing: messages === undefined ? `\n${end}\n\n` : end, maxTokens };
}

/** Plans answers in the way in which a model writes them. */
export class AnswerPlans {
  #dialect: ChatDialect = chatDialect(null);
  #template: string | null = null;

  plan(request: InferenceRequest, { isThinking }: Prepared, info: EngineInfo): AnswerPlan {
    const { source, format, thoughtTokens } = request;
    const dialect = this.#dialectOf(info);
    const { thoughts, calls } = dialect;
    const { tools, isRequired } = format.type === 'calls' ? format.demand : { tools: [], isRequired: false };
    const isPlain = thoughts === null && tools.length === 0 && calls?.contentBegin === undefined;
    if (source.type !== 'chat' || isPlain) return { reading: plain, marks: [], thoughtLimit: null };
    return {
      reading: new AnswerReader(dialect, { tools, isThinking, isRequired }),
      marks: marksOfAnswer(dialect, tools.length > 0),
      thoughtLimit: thoughtTokens === null ? null : thoughtLimit(dialect, isThinking, thoughtTokens),
    };
  }

  /** Kept, because it depends on the model alone. */
  #dialectOf({ chatTemplate }: EngineInfo): ChatDialect {
    if (chatTemplate === this.#template) return this.#dialect;
    this.#template = chatTemplate;
    this.#dialect = chatDialect(chatTemplate);
    return this.#dialect;
  }
}
