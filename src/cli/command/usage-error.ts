import type { Errors } from '@oclif/core';
import { ChatstreamError } from '../../core/base/errors.js';
import { isRecord, member } from '../../core/base/json.js';
import { near } from '../../core/base/mistakes/near.js';
import { lowerFirst } from '../../core/base/sentences.js';
import { listed } from '../../core/measurement/numbers.js';
import { argumentAsFlag } from './argument-as-flag.js';
import { flagsOfOthers } from './flags-of-others.js';
import { type Wrong, wrongCombination } from './wrong-combination.js';
import { wrongValue } from './wrong-value.js';

/**
 * Turns an error of oclif's parser about flags and arguments into a {@link ChatstreamError}: on one line, with what to
 * do, or with the name or value that was probably meant.
 */
export function usageError(error: Errors.CLIError): ChatstreamError {
  const { message, hint } = inOurWords(error) ?? { message: oneSentence(error.message), hint: 'See --help.' };
  return new ChatstreamError('usage', message, { hint, cause: error });
}

function inOurWords(error: Errors.CLIError): Wrong | null {
  return (
    missingArgument(error) ??
    unexpectedArgument(error) ??
    wrongFlag(error) ??
    wrongCombination(error.message, (flag) => choicesOf(error, flag)) ??
    wrongValue(withFlagName(error.message))
  );
}

/** Without the note that flags with several values take all words up to the next flag, because ours do not. */
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
function missingArgument(error: Errors.CLIError): Wrong | null {
  const args = member(error, 'args');
  const first: unknown = Array.isArray(args) && error.message.startsWith('Missing ') ? args[0] : undefined;
  const [name, description] = [member(first, 'name'), member(first, 'description')];
  if (typeof name !== 'string') return null;
  const what = typeof description === 'string' ? `: ${lowerFirst(description)}` : '';
  return {
    message: `${name.toUpperCase()} is missing${what}.`,
    hint: `Write it after the command: ${argumentsOf(error).join(' ')}.`,
  };
}

/** Its list contains what was typed. */
function unexpectedArgument(error: Errors.CLIError): Wrong | null {
  const args = member(error, 'args');
  if (!Array.isArray(args) || !error.message.startsWith('Unexpected argument')) return null;
  const taken = argumentsOf(error);
  const words = args.map((each) => `"${String(each)}"`);
  const flag = argumentAsFlag(String(args[0]), Object.keys(flagsOf(error) ?? {}));
  const meant = flag === null ? '' : `Did you mean ${flag}? `;
  return {
    message: `${words.length === 1 ? 'An argument is' : `${words.length} arguments are`} too many: ${listed(words)}.`,
    hint: `${meant}This command takes ${taken.length === 0 ? 'flags only' : taken.join(' ')}. Write the values of a flag without spaces: 1,2,4.`,
  };
}

/** The arguments of the command as `--help` writes them: `BASELINE [CANDIDATE]`. */
function argumentsOf(error: Errors.CLIError): readonly string[] {
  const known = member(member(member(error, 'parse'), 'input'), 'args');
  if (!isRecord(known)) return [];
  return Object.entries(known).map(([name, arg]) => {
    const word = name.toUpperCase();
    return member(arg, 'required') === true ? word : `[${word}]`;
  });
}

/** The flags of the command, by name. */
function flagsOf(error: Errors.CLIError): Readonly<Record<string, unknown>> | null {
  const known = member(member(member(error, 'parse'), 'input'), 'flags');
  return isRecord(known) ? known : null;
}

function choicesOf(error: Errors.CLIError, flag: string): readonly string[] {
  const options = member(member(flagsOf(error), flag), 'options');
  return Array.isArray(options) ? options.map(String) : [];
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
  const known = flagsOf(error);
  if (typeof name !== 'string' || known === null) return null;
  const flags = Object.entries(known).map(([each, flag]) => ({ name: each, char: member(flag, 'char') }));
  return { name: name.replace(/=.*$/s, ''), known: [...flags, { name: 'help', char: 'h' }] };
}

function wrongFlag(error: Errors.CLIError): Wrong | null {
  const unknown = unknownFlag(error);
  if (unknown === null) return null;
  return { message: `There is no flag ${unknown.name}.`, hint: hintFor(unknown) };
}

function hintFor({ name, known }: UnknownFlag): string {
  const same = flagsOfOthers[name.replace(/^-+/, '')];
  if (same !== undefined && known.some((flag) => flag.name === same)) return `Here it is --${same}; see --help.`;
  const meant = flagMeant(name, known);
  return meant === null ? 'See --help.' : `Did you mean ${meant}?`;
}

/** More flags than this with a word in common are a list, and not a guess. */
const mostMeant = 3;

function flagMeant(typed: string, known: UnknownFlag['known']): string | null {
  const name = typed.replace(/^-+/, '');
  const short = known.find(({ char }) => char === name);
  if (short !== undefined) return `-${name} (--${short.name})`;
  const longer = known.filter((flag) => `-${flag.name}-`.includes(`-${name}-`));
  if (longer.length > 0 && longer.length <= mostMeant) return longer.map((flag) => `--${flag.name}`).join(' or ');
  const meant = near(name, known.map((flag) => flag.name)); // prettier-ignore
  return meant === null ? null : `--${meant}`;
}
