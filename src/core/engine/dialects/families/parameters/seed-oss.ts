import { parameterCalls } from '../../calls/parameters/parameter-calls.js';
import { keyEnd, plainParameter } from '../../calls/parameters/parameter-syntax.js';

/**
 * Seed-OSS: templates with `<seed:tool_call>`. Lists and objects are Python literals.
 *
 *     <seed:tool_call>
 *     <function=get_weather>
 *     <parameter=city>Oslo</parameter>
 *     </function>
 *     </seed:tool_call>
 */
export const seedOss = parameterCalls({
  name: 'seed-oss',
  marks: ['<seed:tool_call>', '</seed:tool_call>'],
  block: { begin: '<seed:tool_call>', end: '</seed:tool_call>', isShared: false, isOptional: false },
  call: { begin: '<function=', nameEnd: '>', numberEnd: null, end: '</function>' },
  parameter: {
    ...plainParameter,
    begin: '<parameter=',
    keyEnds: [keyEnd('>')],
    end: '</parameter>',
  },
});
