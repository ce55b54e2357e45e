import { gemmaCalls } from '../calls/gemma-calls.js';

/**
 * FunctionGemma: templates with `<start_function_call>call:`.
 *
 *     <start_function_call>call:get_weather{city:<escape>Oslo<escape>,days:3}<end_function_call>
 */
export const functionGemma = gemmaCalls({
  name: 'function-gemma',
  begin: '<start_function_call>',
  end: '<end_function_call>',
  quote: '<escape>',
});
