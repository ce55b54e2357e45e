import { gemmaCalls } from '../calls/gemma-calls.js';

/**
 * Gemma 4: templates with `<|tool_call>call:`.
 *
 *     <|tool_call>call:get_weather{city:<|"|>Oslo<|"|>,days:3}<tool_call|>
 */
export const gemma4 = gemmaCalls({ name: 'gemma4', begin: '<|tool_call>', end: '<tool_call|>', quote: '<|"|>' });
