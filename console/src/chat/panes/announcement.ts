import { signal } from '@preact/signals';

/** What screen readers are told: that an answer waits, comes, and has ended. The text itself would only interrupt. */
export const announcement = signal('');
