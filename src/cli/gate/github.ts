import { appendFile } from 'node:fs/promises';
import { ChatstreamError } from '../../core/base/errors.js';
import { fileReason, isDiskFull } from '../../core/base/files/file-errors.js';

/**
 * Reports to GitHub: annotations, and the report in the job's summary.
 *
 * @param annotations workflow commands
 * @param report as Markdown
 * @param print writes a line; GitHub reads both stdout and stderr
 * @throws ChatstreamError `output_failed` if the summary cannot be written
 */
export async function tellGithub(
  annotations: readonly string[],
  report: string,
  print: (line: string) => void,
): Promise<void> {
  for (const line of annotations) print(line);
  const summary = process.env['GITHUB_STEP_SUMMARY'] ?? '';
  if (summary === '') return;
  try {
    await appendFile(summary, report);
  } catch (error) {
    throw new ChatstreamError('output_failed', `The job summary could not be written: ${fileReason(error)}.`, {
      hint: isDiskFull(error)
        ? 'Free some space on the disk of the job.'
        : 'GitHub sets GITHUB_STEP_SUMMARY to its path. Use --github only in a workflow.',
      cause: error,
    });
  }
}
