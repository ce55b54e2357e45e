import { parameterCalls } from '../../calls/parameters/parameter-calls.js';
import { keyEnd, plainParameter } from '../../calls/parameters/parameter-syntax.js';

/** A token that comes before each mark. */
const prefix = ']<]minimax[>[';

/**
 * MiniMax M3: templates with `]<]minimax[>[`. The names of elements are those of parameters, lists are `<item>`
 * elements, and objects are elements in elements. Values of both kinds may also be JSON, and are where a grammar holds
 * the model to a schema.
 *
 *     ]<]minimax[>[<tool_call>
 *     ]<]minimax[>[<invoke name="get_weather">]<]minimax[>[<city>Oslo]<]minimax[>[</city>]<]minimax[>[</invoke>
 *     ]<]minimax[>[</tool_call>
 */
export const minimaxM3 = parameterCalls({
  name: 'minimax-m3',
  marks: [prefix],
  block: { begin: `${prefix}<tool_call>`, end: `${prefix}</tool_call>`, isShared: true, isOptional: false },
  call: { begin: `${prefix}<invoke name="`, nameEnd: '">', numberEnd: null, end: `${prefix}</invoke>` },
  parameter: {
    ...plainParameter,
    begin: `${prefix}<`,
    keyEnds: [keyEnd('>')],
    end: `${prefix}</`,
    repeatsName: true,
    elements: prefix,
  },
});
