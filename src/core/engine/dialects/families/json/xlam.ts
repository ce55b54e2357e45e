import { bareCalls } from '../../calls/json/bare-calls.js';

/**
 * xLAM 2, whose templates contain `make calls in a single JSON array`.
 *
 *     [{"name": "get_weather", "arguments": {"city": "Oslo"}}]
 */
export const xlam = bareCalls({ name: 'xlam', marks: [], layout: 'list', argumentsKey: 'arguments' });
