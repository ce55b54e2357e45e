import { type Document, parseDocument, visit } from 'yaml';
import { ChatstreamError } from '../errors.js';
import { isRecord } from '../json.js';
import { aliasOfNothing, yamlMistake } from './yaml-mistakes.js';

/**
 * Reads the settings in a text; none if it is empty. The message of an error never quotes the text, because a key in it
 * must not get into a log.
 *
 * @param name of the file, for messages
 * @param hint what to write into it
 * @throws ChatstreamError `usage` if it is not YAML, or not a list of settings
 */
export function parseYaml(text: string, name: string, hint: string): object {
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'error' });
  const mistake = mistakeIn(document);
  if (mistake !== null) {
    const before = text.slice(0, mistake.at).split('\n');
    const where = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
    throw notYaml(name, `${where}: ${mistake.says}`);
  }
  const value = valueOf(document, name);
  if (value === null || value === undefined) return {};
  if (isRecord(value) && !Array.isArray(value)) return value;
  throw new ChatstreamError('usage', `${name} is not a list of settings.`, { hint });
}

interface Mistake {
  /** Position in the text. */
  readonly at: number;
  readonly says: string;
}

/** Only the first one counts. The parser reports an alias without a target only when its value is read. */
function mistakeIn(document: Document.Parsed): Mistake | null {
  const [error] = document.errors;
  if (error !== undefined) return { at: error.pos[0], says: yamlMistake(error) };
  const found: Mistake[] = [];
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) === undefined) found.push({ at: alias.range?.[0] ?? 0, says: aliasOfNothing });
    },
  });
  return found[0] ?? null;
}

/** @throws ChatstreamError `usage` for aliases of aliases that multiply the content */
function valueOf(document: Document.Parsed, name: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    throw notYaml(name, 'its aliases stand for too many values');
  }
}

function notYaml(name: string, problem: string): ChatstreamError {
  return new ChatstreamError('usage', `${name} is not YAML: ${problem}.`, {
    hint: 'The file is not used until this is corrected.',
  });
}
