import { parameterCalls } from '../../calls/parameters/parameter-calls.js';
import { type KeyEnd, keyEnd, otherKinds, plainParameter } from '../../calls/parameters/parameter-syntax.js';
import type { CallSyntax } from '../../dialect.js';

/** Several `invoke` elements with their `parameter` elements, in a block around all of them. */
interface InvokeSyntax {
  readonly name: string;
  readonly marks: readonly string[];
  readonly block: readonly [begin: string, end: string];
  /** What comes before the names of elements. */
  readonly prefix: string;
  readonly keyEnds: readonly KeyEnd[];
}

function invokeCalls({ name, marks, block: [begin, end], prefix, keyEnds }: InvokeSyntax): CallSyntax {
  return parameterCalls({
    name,
    marks,
    block: { begin, end, isShared: true, isOptional: false },
    call: { begin: `<${prefix}invoke name="`, nameEnd: '">', numberEnd: null, end: `</${prefix}invoke>` },
    parameter: {
      ...plainParameter,
      begin: `<${prefix}parameter name="`,
      keyEnds,
      end: `</${prefix}parameter>`,
    },
  });
}

/**
 * MiniMax M2: templates with `<minimax:tool_call>`.
 *
 *     <minimax:tool_call>
 *     <invoke name="get_weather">
 *     <parameter name="city">Oslo</parameter>
 *     </invoke>
 *     </minimax:tool_call>
 */
export const minimaxM2 = invokeCalls({
  name: 'minimax-m2',
  marks: ['<minimax:tool_call>', '</minimax:tool_call>'],
  block: ['<minimax:tool_call>', '</minimax:tool_call>'],
  prefix: '',
  keyEnds: [keyEnd('">')],
});

/**
 * Muse Glimmer: templates with `<atem:function_calls>`.
 *
 *     <atem:function_calls>
 *     <atem:invoke name="get_weather">
 *     <atem:parameter name="city">Oslo</atem:parameter>
 *     </atem:invoke>
 *     </atem:function_calls>
 */
export const museGlimmer = invokeCalls({
  name: 'muse-glimmer',
  marks: [],
  block: ['<atem:function_calls>', '</atem:function_calls>'],
  prefix: 'atem:',
  keyEnds: [keyEnd('">')],
});

/** Whether a value is a string is said with it. */
function typedCalls(name: string, mark: string, block: string): CallSyntax {
  return invokeCalls({
    name,
    marks: [mark],
    block: [`<${mark}${block}>`, `</${mark}${block}>`],
    prefix: mark,
    keyEnds: [
      { text: '" string="true">', kinds: new Set(['string']) },
      { text: '" string="false">', kinds: otherKinds },
    ],
  });
}

/**
 * DeepSeek V3.2: templates with `｜DSML｜` and `function_calls>`.
 *
 *     <｜DSML｜function_calls>
 *     <｜DSML｜invoke name="get_weather">
 *     <｜DSML｜parameter name="city" string="true">Oslo</｜DSML｜parameter>
 *     </｜DSML｜invoke>
 *     </｜DSML｜function_calls>
 */
export const deepSeekV32 = typedCalls('deepseek-v3.2', '｜DSML｜', 'function_calls');

/** DeepSeek V4: templates with `｜DSML｜` and `tool_calls>`. The same, but for the name of the block. */
export const deepSeekV4 = typedCalls('deepseek-v4', '｜DSML｜', 'tool_calls');

/** GigaChat 3.5: templates with `｜GCML｜`. The same again, but for the mark. */
export const gigaChat35 = typedCalls('gigachat-3.5', '｜GCML｜', 'tool_calls');
