import { parameterCalls } from '../../calls/parameters/parameter-calls.js';
import { keyEnd, plainParameter } from '../../calls/parameters/parameter-syntax.js';

/** All marks of Hunyuan 3 end like this. Its template has it once, and puts it into them. */
const suffix = ':opensource';

const open = (name: string): string => `<${name}${suffix}>`;
const close = (name: string): string => `</${name}${suffix}>`;

/**
 * Hunyuan 3 (Hy3): templates with `<tool_sep`.
 *
 *     <tool_calls:opensource>
 *     <tool_call:opensource>get_weather<tool_sep:opensource>
 *     <arg_key:opensource>city</arg_key:opensource>
 *     <arg_value:opensource>Oslo</arg_value:opensource>
 *     </tool_call:opensource>
 *     </tool_calls:opensource>
 */
export const hunyuan = parameterCalls({
  name: 'hunyuan',
  marks: [
    ...['tool_calls', 'tool_call', 'arg_key', 'arg_value'].flatMap((name) => [open(name), close(name)]),
    open('tool_sep'),
  ],
  block: { begin: open('tool_calls'), end: close('tool_calls'), isShared: true, isOptional: false },
  call: { begin: open('tool_call'), nameEnd: open('tool_sep'), numberEnd: null, end: close('tool_call') },
  parameter: {
    ...plainParameter,
    begin: open('arg_key'),
    keyEnds: [keyEnd(close('arg_key'))],
    valueBegin: open('arg_value'),
    end: close('arg_value'),
  },
});
