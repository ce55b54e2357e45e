import type { AnswerMarks, ThoughtSyntax } from '../dialect.js';

interface KnownThoughts {
  /** Texts in the template, all of which have to be there. */
  readonly find: readonly string[];
  readonly thoughts: ThoughtSyntax;
}

const tags = (name: string): ThoughtSyntax => ({ name: `<${name}>`, begin: `<${name}>`, end: `</${name}>` });

/** Cohere's marks, of Command A, R7B and their successors. */
const cohere: AnswerMarks = {
  begins: ['<|START_RESPONSE|>', '<|START_TEXT|>'],
  ends: ['<|END_RESPONSE|>', '<|END_TEXT|>'],
  isPaired: false,
};

/**
 * From the most specific. Templates that mention no marks belong to models that nevertheless write them.
 *
 * Models whose answers consist of messages are not among them: see {@link MessageSyntax}.
 */
const known: readonly KnownThoughts[] = [
  {
    find: ['[BEGIN FINAL RESPONSE]'],
    thoughts: {
      name: 'Apriel',
      begin: 'Here are my reasoning steps:',
      end: '[BEGIN FINAL RESPONSE]',
      marks: ['[BEGIN FINAL RESPONSE]', '[END FINAL RESPONSE]'],
      answer: { begins: [], ends: ['[END FINAL RESPONSE]'], isPaired: false },
    },
  },
  {
    find: ['<|START_THINKING|>'],
    thoughts: {
      name: '<|START_THINKING|>',
      begin: '<|START_THINKING|>',
      end: '<|END_THINKING|>',
      marks: ['<|START_THINKING|>', '<|END_THINKING|>', ...cohere.begins, ...cohere.ends],
      answer: cohere,
    },
  },
  {
    find: ['<|inner_prefix|>'],
    thoughts: { name: '<|inner_prefix|>', begin: '<|inner_prefix|>', end: '<|inner_suffix|>', endsAtCalls: true },
  },
  {
    find: ['<|channel>thought'],
    thoughts: {
      name: '<|channel>thought',
      begin: '<|channel>thought',
      end: '<channel|>',
      marks: ['<|channel>', '<channel|>'],
    },
  },
  {
    find: ['<|open|>', '<|sep|>', "'think'"],
    thoughts: {
      name: '<|open|>think<|sep|>',
      begin: '<|open|>think<|sep|>',
      end: '<|close|>think<|sep|>',
      marks: ['<|open|>', '<|close|>', '<|sep|>'],
      answer: {
        begins: ['<|open|>response<|sep|>'],
        ends: ['<|close|>response<|sep|>', '<|close|>message<|sep|>'],
        isPaired: false,
      },
    },
  },
  {
    find: ['<|begin|>assistant<|think|>'],
    thoughts: {
      name: '<|think|>',
      begin: '<|think|>',
      end: '<|end|>',
      marks: ['<|think|>', '<|end|>', '<|begin|>', '<|content|>'],
      answer: {
        // The second one comes before calls.
        begins: ['<|begin|>assistant<|content|>', '<|begin|>assistant', '<|content|>'],
        ends: ['<|end|>'],
        isPaired: false,
      },
    },
  },
  { find: ['[THINK]'], thoughts: { name: '[THINK]', begin: '[THINK]', end: '[/THINK]' } },
  { find: ['<seed:think>'], thoughts: tags('seed:think') },
  { find: ['<mm:think>'], thoughts: tags('mm:think') },
  { find: ["'<think{}>'", "':opensource'"], thoughts: tags('think:opensource') },
  {
    find: ['<think></think>', '<response></response>'],
    thoughts: { ...tags('think'), answer: { begins: ['<response>'], ends: ['</response>'], isPaired: true } },
  },
  ...['<think>', '</think>', 'MiMo, an AI assistant developed by Xiaomi', 'based on MiniMax-M1 model'].map((text) => ({
    find: [text],
    thoughts: tags('think'),
  })),
];

/** How a model marks its thoughts, according to its chat template; null if it has none. */
export function thoughtsOf(templateSource: string): ThoughtSyntax | null {
  return known.find(({ find }) => find.every((text) => templateSource.includes(text)))?.thoughts ?? null;
}

/**
 * Whether a rendered prompt ends with the beginning of a thought, so that the answer begins in the middle of one. White
 * space may follow the mark.
 */
export function endsInThought(prompt: string, thoughts: ThoughtSyntax | null): boolean {
  return thoughts !== null && prompt.trimEnd().endsWith(thoughts.begin);
}

/** Whether a message of the assistant that is to be continued ends inside a thought. */
export function stopsInThought(message: string, thoughts: ThoughtSyntax | null): boolean {
  return thoughts !== null && message.lastIndexOf(thoughts.begin) > message.lastIndexOf(thoughts.end);
}
