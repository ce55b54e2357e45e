import { ChatstreamError } from '../errors.js';

/**
 * The text of a file, with its byte order mark if it has one. A text in another encoding is refused, because what takes
 * the place of its characters would go unnoticed.
 *
 * @param hint what to do about a file that is in no other known encoding
 * @throws ChatstreamError `usage` that names the file
 */
export function utf8Text(bytes: Uint8Array, path: string, hint: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!isUtf16(bytes)) throw new ChatstreamError('usage', `${path} is not in UTF-8.`, { hint, cause: error });
    throw new ChatstreamError('usage', `${path} is in UTF-16.`, {
      hint: 'Save it as UTF-8. The redirection > of Windows PowerShell writes UTF-16.',
      cause: error,
    });
  }
}

/** Whether it begins with a byte order mark of UTF-16. */
function isUtf16([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}
