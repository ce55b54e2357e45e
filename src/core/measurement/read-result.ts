import { readFile } from 'node:fs/promises';
import { ChatstreamError, messageOf } from '../base/errors.js';
import { readProblem } from '../base/files/file-errors.js';
import { utf8Text } from '../base/files/utf8.js';
import { jsonSize } from '../base/json.js';
import { wrongValue } from '../base/mistakes/wrong-value.js';
import type { BenchResult } from './result-schema.js';
import { shippedValidator } from './shipped-schema.js';

/** Of objects and lists: those of a request's additional parameters and some more. */
const mostLevels = 1000;

/** The name of the format of result files. A format that old readers would misread gets another number. */
export const resultSchemaName: BenchResult['schema'] = 'chatstream.bench/v1';

/** `chatstream.bench/v1` → family `chatstream.bench/v` and version 1. */
const [, family = '', version = ''] = /^(.*\/v)(\d+)$/.exec(resultSchemaName) ?? [];

const howToMakeOne = 'Make one with: chatstream bench -o result.json';
const onlyJson = `Only the .json of a bench can be compared, not its other reports. ${howToMakeOne}`;

/**
 * Reads a result file that `bench -o result.json` has written.
 *
 * @throws ChatstreamError `usage` that names the file and says what is wrong with it
 */
export async function readResult(path: string): Promise<BenchResult> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new ChatstreamError('usage', readProblem('result', path, error), {
      hint: `Check the name. ${howToMakeOne}`,
      cause: error,
    });
  });
  return parseResult(utf8Text(bytes, path, onlyJson), path);
}

/**
 * The same from a text.
 *
 * @param name of the file, for messages
 */
export function parseResult(text: string, name: string): BenchResult {
  const value = parseJson(text, name);
  checkSchemaName(value, name);
  const validator = resultValidator();
  if (validator.Check(value)) return value;
  const [, errors] = validator.Errors(value);
  throw new ChatstreamError('usage', `${name} is not a complete result: ${wrongValue(errors)}.`, {
    hint: 'Was it edited or made by another program? Measure again, and leave the file as bench writes it.',
  });
}

function parseJson(text: string, name: string): unknown {
  // Some editors and shells of Windows begin a file with a byte order mark.
  const json = text.replace(/^\uFEFF/, '').trim();
  const unlimited = { containers: Infinity, members: Infinity, strings: Infinity };
  if (jsonSize(json, { ...unlimited, levels: mostLevels }).levels > mostLevels) {
    throw new ChatstreamError('usage', `${name} is nested too deeply to be a result.`, { hint: howToMakeOne });
  }
  if (json === '') throw new ChatstreamError('usage', `${name} is empty.`, { hint: howToMakeOne });
  try {
    return JSON.parse(json) as unknown;
  } catch (error) {
    if (json.startsWith('{') && !json.endsWith('}')) {
      throw new ChatstreamError('usage', `${name} is cut off after ${json.length} characters.`, {
        hint: 'Was the bench killed, the disk full, or a download not complete? Get the whole file, or measure again.',
        cause: error,
      });
    }
    throw new ChatstreamError('usage', `${name} is not JSON: ${messageOf(error)}.`, {
      hint: onlyJson,
      cause: error,
    });
  }
}

function checkSchemaName(value: unknown, name: string): void {
  const schema = typeof value === 'object' && value !== null && 'schema' in value ? value.schema : undefined;
  if (schema === resultSchemaName) return;
  const found = typeof schema === 'string' && schema.startsWith(family) ? Number(schema.slice(family.length)) : NaN;
  if (Number.isInteger(found)) {
    const isNewer = found > Number(version);
    throw new ChatstreamError(
      'usage',
      `${name} has the format ${family}${found}, which is ${isNewer ? 'newer' : 'older'} than this chatstream's ${resultSchemaName}.`,
      { hint: isNewer ? 'Update chatstream.' : 'Measure again with this version.' },
    );
  }
  const instead = typeof schema === 'string' ? `it says "${schema.slice(0, 60)}"` : 'it has no "schema"';
  throw new ChatstreamError('usage', `${name} is not a result of chatstream bench: ${instead}.`, {
    hint: howToMakeOne,
  });
}

/** The check of result files, created when first used. */
const resultValidator = shippedValidator<BenchResult>('bench-v1.json');
