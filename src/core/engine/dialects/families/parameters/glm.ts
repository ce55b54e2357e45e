import { parameterCalls } from '../../calls/parameters/parameter-calls.js';
import { keyEnd, plainParameter } from '../../calls/parameters/parameter-syntax.js';

/**
 * GLM 4.5 to 4.7, Ling 3, Laguna, Spark 2.5: templates with `<arg_key>` and `<arg_value>`. Some have line ends between
 * the marks, others have none.
 *
 *     <tool_call>get_weather
 *     <arg_key>city</arg_key>
 *     <arg_value>Oslo</arg_value>
 *     </tool_call>
 */
export const glm = parameterCalls({
  name: 'glm',
  marks: ['<tool_call>', '</tool_call>', '<arg_key>', '</arg_key>', '<arg_value>', '</arg_value>'],
  block: null,
  call: { begin: '<tool_call>', nameEnd: '', numberEnd: null, end: '</tool_call>' },
  parameter: {
    ...plainParameter,
    begin: '<arg_key>',
    keyEnds: [keyEnd('</arg_key>')],
    valueBegin: '<arg_value>',
    end: '</arg_value>',
  },
});
