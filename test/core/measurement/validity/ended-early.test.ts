import { describe, expect, it } from 'vitest';
import {
  endedEarlyWarning,
  incompleteText,
  stoppedByUser,
} from '../../../../src/core/measurement/validity/ended-early.js';

describe('a measurement that is not complete', () => {
  it('was stopped by the user', () => {
    expect(incompleteText('The measurement', stoppedByUser)).toBe('The measurement was stopped before it was complete');
  });

  it.each([
    ['The server was lost.', 'the server was lost'],
    ['http://127.0.0.1:8000 was lost.', 'http://127.0.0.1:8000 was lost'],
    ['NATS cannot be reached.', 'NATS cannot be reached'],
    ['--max-duration was reached after 2 trials.', '--max-duration was reached after 2 trials'],
  ])('continues its sentence with the cause: %s', (message, cause) => {
    expect(incompleteText('the measurement', { message })).toBe(
      `the measurement ended before it was complete: ${cause}`,
    );
    expect(endedEarlyWarning({ cause: 'failed', server: null, message })).toBe(`The bench ended early: ${cause}.`);
  });
});
