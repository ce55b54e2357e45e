import { parameterCalls } from '../../calls/parameters/parameter-calls.js';
import { keyEnd, plainParameter } from '../../calls/parameters/parameter-syntax.js';

/**
 * MiniCPM 5: templates with `<function name="` and `<param name="`. Strings that contain `<`, `&` or a line end are in
 * a CDATA section.
 *
 *     <function name="get_weather"><param name="city">Oslo</param></function>
 */
export const miniCpm = parameterCalls({
  name: 'minicpm',
  marks: ['<function', '</function>', '<param', '</param>'],
  block: null,
  call: { begin: '<function name="', nameEnd: '">', numberEnd: null, end: '</function>' },
  parameter: {
    ...plainParameter,
    begin: '<param name="',
    keyEnds: [keyEnd('">')],
    end: '</param>',
    hasCdata: true,
  },
});
