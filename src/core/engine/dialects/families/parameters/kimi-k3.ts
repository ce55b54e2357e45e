import { allKinds } from '../../../format/schema/kinds.js';
import { parameterCalls } from '../../calls/parameters/parameter-calls.js';
import { plainParameter } from '../../calls/parameters/parameter-syntax.js';

/**
 * Kimi K3: templates with `<|open|>`, `<|sep|>` and `open_tag('tools')`. The kind of each value is said with it, and
 * calls are numbered from 1.
 *
 *     <|open|>tools<|sep|><|open|>call tool="get_weather" index="1"<|sep|>
 *       <|open|>argument key="city" type="string"<|sep|>Oslo<|close|>argument<|sep|>
 *     <|close|>call<|sep|><|close|>tools<|sep|>
 *
 * (Without the line ends and spaces.)
 */
export const kimiK3 = parameterCalls({
  name: 'kimi-k3',
  marks: ['<|open|>', '<|sep|>', '<|close|>'],
  block: { begin: '<|open|>tools<|sep|>', end: '<|close|>tools<|sep|>', isShared: true, isOptional: false },
  call: { begin: '<|open|>call tool="', nameEnd: '" index="', numberEnd: '"<|sep|>', end: '<|close|>call<|sep|>' },
  parameter: {
    ...plainParameter,
    begin: '<|open|>argument key="',
    keyEnds: allKinds.map((kind) => ({ text: `" type="${kind}"<|sep|>`, kinds: new Set([kind]) })),
    end: '<|close|>argument<|sep|>',
  },
});
