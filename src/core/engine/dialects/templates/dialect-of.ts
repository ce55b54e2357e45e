import type { CallSyntax, Dialect } from '../dialect.js';
import { functionGemma } from '../families/function-gemma.js';
import { gemma4 } from '../families/gemma4.js';
import { harmony } from '../families/harmony.js';
import { apertus } from '../families/json/apertus.js';
import { commandR7b, commandRPlus } from '../families/json/command-r.js';
import { deepseekR1, deepseekV31 } from '../families/json/deepseek.js';
import { firefunction } from '../families/json/firefunction.js';
import { functionaryV31, functionaryV32 } from '../families/json/functionary.js';
import { gigachat } from '../families/json/gigachat.js';
import { granite } from '../families/json/granite.js';
import { hermes } from '../families/json/hermes.js';
import { kimi } from '../families/json/kimi.js';
import { llama3 } from '../families/json/llama3.js';
import { mistral, mistralList } from '../families/json/mistral.js';
import { nemotron } from '../families/json/nemotron.js';
import { solar } from '../families/json/solar.js';
import { toolCallsLines, toolCallsList } from '../families/json/tool-calls.js';
import { xlam } from '../families/json/xlam.js';
import { lfm2 } from '../families/lfm2.js';
import { olmo3 } from '../families/olmo3.js';
import { glm } from '../families/parameters/glm.js';
import { hunyuan } from '../families/parameters/hunyuan.js';
import { deepSeekV4, deepSeekV32, gigaChat35, minimaxM2 } from '../families/parameters/invoke-calls.js';
import { kimiK3 } from '../families/parameters/kimi-k3.js';
import { miniCpm } from '../families/parameters/minicpm.js';
import { minimaxM3 } from '../families/parameters/minimax-m3.js';
import { muse } from '../families/parameters/muse.js';
import { qwen3Coder } from '../families/parameters/qwen3-coder.js';
import { seedOss } from '../families/parameters/seed-oss.js';
import { TemplateCode } from './template-code.js';
import { thoughtsOf } from './thoughts.js';

interface Known<T> {
  /** What the template has to contain: all of it. */
  readonly find: readonly (string | RegExp)[];
  readonly syntax: T;
}

/** Dialects of answers in messages. */
const messageDialects: readonly Known<Dialect>[] = [
  { find: ['<|channel|>analysis<|message|>'], syntax: harmony },
  { find: ['to=self<|message|>', '<atem:function_calls>'], syntax: muse },
];

/**
 * From the most specific, because many templates contain `<tool_call>`, for example, and only few of them use Hermes'
 * syntax.
 */
const callSyntaxes: readonly Known<CallSyntax>[] = [
  { find: [']<]minimax[>['], syntax: minimaxM3 },
  { find: ['<|open|>', '<|sep|>', /\bopen_tag\('tools'/], syntax: kimiK3 },
  { find: ['<tool_sep{}>', "':opensource'"], syntax: hunyuan },
  { find: ['｜DSML｜', /(?<!\w)function_calls>/], syntax: deepSeekV32 },
  { find: ['｜DSML｜', /(?<!\w)tool_calls>/], syntax: deepSeekV4 },
  { find: ['｜GCML｜', /(?<!\w)tool_calls>/], syntax: gigaChat35 },
  { find: ['<minimax:tool_call>'], syntax: minimaxM2 },
  { find: ['<seed:tool_call>'], syntax: seedOss },
  { find: ['<|tool_call>call:'], syntax: gemma4 },
  { find: ['<start_function_call>call:'], syntax: functionGemma },
  { find: ['<|tool_call_start|>'], syntax: lfm2 },
  { find: ['List of tools: '], syntax: lfm2 },
  { find: ['<|tool_call:begin|>'], syntax: solar },
  { find: ['<|tool_calls_section_begin|>'], syntax: kimi },
  { find: ['<｜tool▁calls▁begin｜>', '```json'], syntax: deepseekR1 },
  { find: ['<｜tool▁calls▁begin｜>'], syntax: deepseekV31 },
  { find: ['<|START_ACTION|>'], syntax: commandR7b },
  { find: ['Action:', '```json', '"tool_name"'], syntax: commandRPlus },
  { find: ['<|tools_prefix|>'], syntax: apertus },
  { find: ['<|function_call|>', '<|role_sep|>'], syntax: gigachat },
  { find: ['function call', '<|role_sep|>'], syntax: gigachat },
  { find: ['<|tool|>', '<|/tool|>'], syntax: firefunction },
  { find: ['functools['], syntax: firefunction },
  { find: ['<|tool_call|>'], syntax: granite },
  { find: ['>>>all'], syntax: functionaryV32 },
  { find: ['<function_calls>', '</function_calls>'], syntax: olmo3 },
  { find: ['<TOOLCALL>'], syntax: nemotron },
  { find: ['[TOOL_CALLS]', '[ARGS]'], syntax: mistral },
  { find: ['[TOOL_CALLS]'], syntax: mistralList },
  { find: [/<tool_calls>(?:\s|\\n)*\[/], syntax: toolCallsList },
  { find: [/<tool_calls>(?:\s|\\n)*\{/], syntax: toolCallsLines },
  { find: ['<function=', '<parameter='], syntax: qwen3Coder },
  { find: ['<function name="', '<param name="'], syntax: miniCpm },
  { find: ['<function=', '</function>'], syntax: functionaryV31 },
  { find: ['<arg_key>', '<arg_value>'], syntax: glm },
  { find: ['make calls in a single JSON array'], syntax: xlam },
  { find: ['{"name": function name, "parameters": '], syntax: llama3 },
  { find: ['<tool_call>'], syntax: hermes },
];

/** The names of all call syntaxes, in the order in which they are looked for. */
export const callSyntaxNames: readonly string[] = [
  ...new Set([...messageDialects.map(({ syntax }) => syntax.calls), ...callSyntaxes.map(({ syntax }) => syntax)]),
].flatMap((calls) => (calls === null ? [] : [calls.name]));

/** Variables in which templates expect tools. All but the first are for templates that do not use it. */
const toolVariables = ['tools', 'functions'];

/**
 * How a model writes its answers, according to its chat template. Calls are null for a template that does not show
 * tools to the model, because then something else has to, and for one whose calls have no known syntax.
 */
export function dialectOf(templateSource: string): Dialect {
  const hasTools = toolsVariable(templateSource) !== null;
  const messages = found(messageDialects, templateSource);
  if (messages !== null) return hasTools ? messages : { ...messages, calls: null };
  return {
    thoughts: thoughtsOf(templateSource),
    calls: hasTools ? found(callSyntaxes, templateSource) : null,
  };
}

/**
 * The variable in which a template expects the tools. `functions` is one for their JSON as a text.
 *
 * @returns null if the template does not show tools
 */
export function toolsVariable(templateSource: string): string | null {
  const code = new TemplateCode(templateSource);
  return toolVariables.find((name) => code.reads(name)) ?? null;
}

function found<T>(known: readonly Known<T>[], source: string): T | null {
  const matches = (what: string | RegExp): boolean =>
    typeof what === 'string' ? source.includes(what) : what.test(source);
  return known.find(({ find }) => find.every(matches))?.syntax ?? null;
}
