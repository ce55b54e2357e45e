import type { ErrorCode } from 'yaml';

/** Characters of a value, and the parser's message if an alias has no name. */
export const aliasOfNothing = 'A value that begins with * needs quotes, unless it is the alias of an anchor (&)';

const noValue = 'A line has no ": " between a name and its value';

/** By the codes of the parser, for people who do not know the terms of YAML. None quotes the text. */
const words: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'An alias (*) cannot have its own anchor or tag',
  BAD_ALIAS: aliasOfNothing,
  BAD_COLLECTION_TYPE: 'The value does not fit its tag (!): leave the tag out',
  BAD_DIRECTIVE: 'A line that begins with % needs quotes',
  BAD_DQ_ESCAPE: 'A backslash in double quotes must be written twice, or the quotes must be single ones',
  BAD_INDENT: 'The line begins with another number of spaces than the lines that it belongs to',
  BAD_PROP_ORDER: 'An anchor (&) or a tag (!) stands before the sign that it must follow',
  BAD_SCALAR_START: 'A value that begins with this character needs quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'There is a second ": " in a value: put the value into quotes, or begin the next setting without spaces',
  BLOCK_IN_FLOW: 'Within brackets, lists and settings also need brackets',
  DUPLICATE_KEY: 'The same name is given twice',
  IMPOSSIBLE: 'This cannot be read',
  KEY_OVER_1024_CHARS: 'A name is longer than 1024 characters',
  MISSING_CHAR: 'A character is missing',
  MULTILINE_IMPLICIT_KEY: noValue,
  MULTIPLE_ANCHORS: 'A value has more than one anchor (&)',
  MULTIPLE_DOCS: 'A line of --- begins a second document: leave it out',
  MULTIPLE_TAGS: 'A value has more than one tag (!)',
  NON_STRING_KEY: 'A name must be a text',
  RESOURCE_EXHAUSTION: 'There are too many levels of lists or settings',
  TAB_AS_INDENT: 'A line begins with a tab: use spaces',
  TAG_RESOLVE_FAILED: 'The value does not fit its tag (!): leave the tag out',
  UNEXPECTED_TOKEN:
    'This does not belong here: a sign is too many, spaces at the beginning differ, or a text needs quotes',
};

/** Codes that stand for several mistakes, which can be distinguished by the parser's own messages. */
const closer: readonly (readonly [RegExp, string])[] = [
  [/^Missing closing /, 'Quotes are not closed'],
  [/ end with a [\]}]$/, 'A bracket is not closed'],
  [/^Implicit map keys need to be followed by map values$/, noValue],
  [/^Missing space after : /, 'A space is missing after :'],
  [/^Missing , /, 'A comma is missing'],
  [/^Comments must be separated /, 'A space is missing before #'],
  [
    /^Sequence item without - indicator$/,
    'The line begins neither an item of the list ("- ") nor as far to the right as the item above',
  ],
];

/** A mistake in a YAML text in words, without a full stop. */
export function yamlMistake({ code, message }: { readonly code: ErrorCode; readonly message: string }): string {
  return closer.find(([form]) => form.test(message))?.[1] ?? words[code];
}
