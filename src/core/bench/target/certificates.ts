import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ChatstreamError, messageOf } from '../../base/errors.js';
import { namedReadProblem, readHint } from '../../base/files/file-errors.js';

/**
 * Reads certificates to trust.
 *
 * @returns the text of the file, in PEM
 * @throws ChatstreamError `usage` if it cannot be read or contains no certificate
 */
export async function readCertificates(path: string): Promise<string> {
  const pem = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ChatstreamError('usage', namedReadProblem('certificates', path, error), {
      hint: readHint(error, 'Give --ca the path of a PEM file.'),
      cause: error,
    });
  });
  try {
    // Node.js ignores text without a certificate, and the connection would fail for an obscure reason.
    new X509Certificate(pem);
    return pem;
  } catch (error) {
    throw new ChatstreamError('usage', `There is no certificate to trust in ${path}: ${messageOf(error)}.`, {
      hint: 'Give --ca a file in PEM, which begins with -----BEGIN CERTIFICATE-----.',
      cause: error,
    });
  }
}
