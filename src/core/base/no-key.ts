/** What logs, metrics, `/v1/queue` and limits call requests without a key. No key in the configuration can have this name. */
export const noKey = 'anonymous';
