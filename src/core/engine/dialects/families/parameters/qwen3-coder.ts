import { parameterCalls } from '../../calls/parameters/parameter-calls.js';
import { keyEnd, plainParameter } from '../../calls/parameters/parameter-syntax.js';

/**
 * Qwen3-Coder, Qwen3.5, Nemotron 3 Nano, Step 3.5 Flash: templates with `<function=` and `<parameter=` and the line end
 * after it. Some of these models leave `<tool_call>` out.
 *
 *     <tool_call>
 *     <function=get_weather>
 *     <parameter=city>
 *     Oslo
 *     </parameter>
 *     </function>
 *     </tool_call>
 */
export const qwen3Coder = parameterCalls({
  name: 'qwen3-coder',
  marks: ['<tool_call>', '</tool_call>'],
  block: { begin: '<tool_call>', end: '</tool_call>', isShared: false, isOptional: true },
  call: { begin: '<function=', nameEnd: '>', numberEnd: null, end: '</function>' },
  parameter: {
    ...plainParameter,
    begin: '<parameter=',
    keyEnds: [keyEnd('>')],
    end: '</parameter>',
    isOnLines: true,
  },
});
