import type { Errors } from '@oclif/core';
import { ChatstreamError } from '../../core/base/errors.js';
import { isRecord, member } from '../../core/base/json.js';
import { near } from '../../core/base/near.js';
import { wrongCombination } from './wrong-combination.js';

/**
 * An error of oclif's parser about flags and arguments as one of our own: on one line, and with the name or value that
 * was probably meant.
 */
export function usageError(error: Errors.CLIError): ChatstreamError {
  const missing = missingArgument(error);
  if (missing !== null) return new ChatstreamError('usage', missing, { hint: 'See --help.', cause: error });
  const wrong = wrongCombination(error.message);
  if (wrong !== null) return new ChatstreamError('usage', wrong.message, { hint: wrong.hint, cause: error });
  const unknown = unknownFlag(error);
  const suggestion = unknown === null ? valueMeant(error.message) : flagMeant(unknown.name, unknown.known);
  const hint = suggestion === null ? 'See --help.' : `Did you mean ${suggestion}?`;
  const message = unknown === null ? oneSentence(error.message) : `There is no flag ${unknown.name}.`;
  return new ChatstreamError('usage', message, { hint, cause: error });
}

/** Without the note that flags with several values take all words up to the next flag, which ours do not. */
function oneSentence(text: string): string {
  return withFlagName(text)
    .replace(/\n\nNote: .*$/s, '')
    .replace(/:?\s*\n\s*/g, ': ');
}

/** The text of an error from our own parsing of a flag, to which oclif has added lines with the name of the flag or its variable, and a hint. */
export function withFlagName(text: string): string {
  return text.replace(/^Parsing (\S+) \n\t/, '$1: ').replace(/\nSee more help with --help$/, '');
}

/** oclif does not export the class of this error either. Its list is of arguments with their names and descriptions. */
function missingArgument(error: Errors.CLIError): string | null {
  const args = member(error, 'args');
  const first: unknown = Array.isArray(args) && error.message.startsWith('Missing ') ? args[0] : undefined;
  const [name, description] = [member(first, 'name'), member(first, 'description')];
  if (typeof name !== 'string') return null;
  return `${name.toUpperCase()} is missing${typeof description === 'string' ? `: ${lowerFirst(description)}` : ''}.`;
}

/** Of a description, unless it begins with an acronym. */
function lowerFirst(text: string): string {
  return text.replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase());
}

interface UnknownFlag {
  /** As it was typed. */
  readonly name: string;
  /** The flags of the command, each with its letter if it has one. */
  readonly known: readonly { readonly name: string; readonly char: unknown }[];
}

/** oclif does not export the class of this error: it is the one with a list of flags. */
function unknownFlag(error: Errors.CLIError): UnknownFlag | null {
  const names = member(error, 'flags');
  const name: unknown = Array.isArray(names) ? names[0] : undefined;
  const known = member(member(member(error, 'parse'), 'input'), 'flags');
  if (typeof name !== 'string' || !isRecord(known)) return null;
  const flags = Object.entries(known).map(([each, flag]) => ({ name: each, char: member(flag, 'char') }));
  return { name: name.replace(/=.*$/s, ''), known: [...flags, { name: 'help', char: 'h' }] };
}

function flagMeant(typed: string, known: UnknownFlag['known']): string | null {
  const name = typed.replace(/^-+/, '');
  const short = known.find(({ char }) => char === name);
  if (short !== undefined) return `-${name} (--${short.name})`;
  const meant = near(name, known.map((flag) => flag.name)); // prettier-ignore
  return meant === null ? null : `--${meant}`;
}

/** From the sentence that oclif writes about a value that is not one of the flag's options. */
function valueMeant(message: string): string | null {
  const [, flag, value, options] = /^Expected (\S+?)=(.*) to be one of: (.*)$/m.exec(message) ?? [];
  if (flag === undefined || value === undefined || options === undefined) return null;
  const meant = near(value, options.split(', '));
  return meant === null ? null : `${flag}${flag.startsWith('--') ? ' ' : '='}${meant}`;
}
