import { ChatstreamError } from '../base/errors.js';

/**
 * Where traces are sent to. As in OpenTelemetry's `OTEL_EXPORTER_OTLP_ENDPOINT`, the path `/v1/traces` is added to a base URL.
 *
 * @throws ChatstreamError `usage`
 */
export function tracesUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new ChatstreamError(
      'usage',
      `--otlp must be an http or https URL without a user, not "${shown(url, text)}".`,
      {
        hint: 'Give it the address of an OpenTelemetry collector, such as http://127.0.0.1:4318.',
      },
    );
  }
  const path = url.pathname.replace(/\/+$/, '');
  if (!path.endsWith('/v1/traces')) url.pathname = `${path}/v1/traces`;
  return url.href;
}

/** Without a password. */
function shown(url: URL | null, text: string): string {
  return url === null ? text : `${url.protocol}//${url.host}${url.pathname}`;
}
