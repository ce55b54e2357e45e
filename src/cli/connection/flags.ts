import { Flags } from '@oclif/core';

/** How to reach a running server. */
export const connectionFlags = {
  'api-key': Flags.string({
    summary: 'Key to send as a bearer token. Of several, separated by commas, the first is sent.',
  }),
  ca: Flags.file({
    summary: 'PEM file with certificates to trust, in addition to the well-known authorities.',
    exclusive: ['insecure'],
  }),
  insecure: Flags.boolean({ summary: 'Accept any TLS certificate.' }),
};

/** The chatstream server to look at. */
export const watchedUrlFlag = Flags.string({
  char: 'u',
  summary: 'URL of a chatstream server, or unix:/path.',
  default: 'http://127.0.0.1:8000',
});
