import { describe, expect, it } from 'vitest';
import { compileFormat } from '../../../../src/core/engine/format/compile-format.js';
import { Budget, limits } from '../../../../src/core/engine/grammar/limits.js';
import { GrammarMatcher } from '../../../support/grammar/matcher.js';
import { seededRandom } from '../../../support/seeded-random.js';

type Schema = Record<string, unknown>;

function complexityOf(schema: Schema): unknown {
  return compileFormat({ type: 'json_schema', schema }).complexity;
}

function tooComplex(schema: Schema, problem: string): void {
  expect(() => complexityOf(schema)).toThrow(
    expect.objectContaining({
      code: 'grammar_too_complex',
      param: 'response_format',
      message: expect.stringContaining(problem) as string,
      hint: expect.any(String) as string,
    }),
  );
}

/** Levels that refer to the one below, twice. */
function nested(levels: number, level: (below: Schema) => Schema): Schema {
  const $defs: Record<string, Schema> = { l0: { type: 'integer' } };
  for (let each = 1; each <= levels; each += 1) $defs[`l${each}`] = level({ $ref: `#/$defs/l${each - 1}` });
  return { $ref: `#/$defs/l${levels}`, $defs };
}

const random = seededRandom(7);
const words = Array.from({ length: 90_000 }, () =>
  Array.from({ length: 6 }, () => String.fromCharCode(97 + Math.floor(random() * 26))).join(''),
);

describe('a grammar stays small', () => {
  it('for nested alternatives of bounded arrays, which begin alike', () => {
    const level = (items: Schema): Schema => ({
      anyOf: [
        { type: 'array', items, maxItems: 3 },
        { type: 'array', items, minItems: 2, maxItems: 7 },
      ],
    });
    expect(complexityOf(nested(60, level))).toMatchObject({ parallelStates: 7 });
  });

  it('for enums, which become tries', () => {
    expect(complexityOf({ enum: words.slice(0, 500) })).toMatchObject({ parallelStates: 27 });
  });

  it('for optional properties, of which the key decides', () => {
    const properties = Object.fromEntries(words.slice(0, 100).map((word) => [word, { type: 'string' }]));
    expect(complexityOf({ type: 'object', properties })).toMatchObject({ parallelStates: 26 });
  });

  it('for large counts, which are counted in blocks', () => {
    expect(complexityOf({ type: 'string', maxLength: 100_000 })).toMatchObject({ rules: 644, parallelStates: 6 });
  });

  it('for long URIs, whose parts share the length', () => {
    const uri = (minLength: number, maxLength: number): Schema => ({
      type: 'string',
      format: 'uri',
      minLength,
      maxLength,
    });
    expect(complexityOf(uri(1, 2083))).toMatchObject({ rules: 293, parallelStates: 9 });
    expect(complexityOf(uri(1, 10_000))).toMatchObject({ rules: 293 });
    expect(complexityOf(uri(300, 2083))).toMatchObject({ rules: 180, parallelStates: 7 });
    expect(complexityOf({ type: 'string', format: 'uri', minLength: 300 })).toMatchObject({ rules: 186 });
  });

  it('for many URIs of different lengths', () => {
    const lengths = Array.from({ length: 100 }, (_, index) => 255 + 50 * index);
    const uris = lengths.map((maxLength) => [`p${maxLength}`, { type: 'string', format: 'uri', maxLength }]);
    expect(complexityOf({ type: 'object', properties: Object.fromEntries(uris) })).toMatchObject({ rules: 1406 });
  });

  it.each(['date-time', 'duration', 'email', 'hostname', 'ipv6', 'time', 'uuid'])(
    'for the format %s with a length in the thousands',
    (format) => {
      const free = compileFormat({ type: 'json_schema', schema: { type: 'string', format } });
      expect(complexityOf({ type: 'string', format, minLength: 1, maxLength: 5000 })).toEqual(free.complexity);
    },
  );

  it('for an enum of URIs with a length', () => {
    const listed = ['https://example.com/', 'https://example.com/long'];
    const { rules } = compileFormat({
      ...{ type: 'json_schema' },
      schema: { enum: listed, type: 'string', format: 'uri', maxLength: 20 },
    });
    expect(listed.map((url) => new GrammarMatcher(rules).match(JSON.stringify(url)).accepted)).toEqual([true, false]);
  });

  it('for recursive unions that differ in their first property', () => {
    const node = (kind: string): Schema => ({
      ...{ type: 'object', required: ['kind', 'of'] },
      properties: { kind: { const: kind }, of: { type: 'array', items: { $ref: '#' } } },
    });
    expect(complexityOf({ anyOf: [node('and'), node('or'), node('not')] })).toMatchObject({ parallelStates: 5 });
  });
});

describe('a grammar is refused', () => {
  it('if alternatives that begin alike are nested, so that nothing bounds their number', () => {
    const level = (below: Schema): Schema => ({
      anyOf: [
        { type: 'array', items: { anyOf: [below, { type: 'null' }] }, maxItems: 3 },
        { type: 'array', items: { anyOf: [below, { type: 'boolean' }] }, maxItems: 3 },
      ],
    });
    tooComplex(nested(16, level), 'more than 64 alternatives at the same time');
    tooComplex({ ...level({ $ref: '#' }) }, 'more than 64 alternatives at the same time');
  });

  it('if an enum has too many strings', () => {
    tooComplex({ enum: words.slice(0, 10_000) }, `at most ${limits.elements} are allowed`);
    tooComplex({ enum: words }, 'characters, and at most 262144 are allowed');
  });

  it('if a count is too large', () => {
    tooComplex({ type: 'array', items: { type: 'string' }, maxItems: 10 ** 9 }, 'its grammar has more than');
  });

  it('if a set has too many values', () => {
    tooComplex({ type: 'array', items: { enum: words.slice(0, 50) }, uniqueItems: true }, 'a set of 50 values');
  });

  it('if a pattern has too many states', () => {
    tooComplex({ type: 'string', pattern: '^.{0,9000}$' }, 'its pattern needs more than 6000 states');
    const inside = { type: 'array', items: { allOf: [{ type: 'string' }, { pattern: '^.{0,9000}$' }] } };
    tooComplex(inside, 'at /items/allOf/1/pattern is too complex: its pattern needs more than');
  });

  it('if alternatives are combined too often', () => {
    const either = (index: number): Schema => ({ anyOf: [{ required: [`a${index}`] }, { required: [`b${index}`] }] });
    tooComplex({ type: 'object', allOf: Array.from({ length: 20 }, (_, index) => either(index)) }, 'steps');
  });
});

describe('what is too complex is named, with its place', () => {
  it.each([
    [
      { type: 'string', format: 'uri', minLength: 1000, maxLength: 1001 },
      'The JSON schema at /properties/a/format and /properties/a/minLength and /properties/a/maxLength is',
    ],
    [
      { type: 'string', format: 'uri', pattern: '^https:', maxLength: 2083 },
      'The JSON schema at /properties/a/pattern and /properties/a/format and /properties/a/maxLength is',
    ],
    [{ type: 'integer', multipleOf: 99_999_989 }, 'The JSON schema at /properties/a/multipleOf is'],
  ])('%j', (a, problem) => {
    tooComplex({ type: 'object', properties: { a } }, problem);
  });
});

describe('a compilation is quick', () => {
  /** Of 4,096 states: whether there is an a twelve characters before the end. */
  const pattern = '^[ab]*a[ab]{11}$';

  it('if many strings have a large pattern, with formats that are only annotations', () => {
    const properties = Object.fromEntries(
      Array.from({ length: 50 }, (_, index) => [`p${index}`, { type: 'string', pattern, format: `x${index}` }]),
    );
    // To search for the lengths of each step by step would take a minute.
    expect(complexityOf({ type: 'object', properties })).toMatchObject({ rules: expect.any(Number) as number });
  });

  it('or refused if there are more lengths of it than steps', () => {
    const properties = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [`p${index}`, { type: 'string', pattern, maxLength: 100_000 + index }]),
    );
    tooComplex({ type: 'object', properties }, '');
  });

  const ideograph = (index: number): string => String.fromCodePoint(0x4e00 + 2 * index);
  const many = (count: number, part: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => part(index)).join(' ');
  const compileGrammar = (grammar: string): unknown => compileFormat({ type: 'grammar', grammar }).complexity;

  it.each([
    ['one text of 29,000 characters', `root ::= "${'ab'.repeat(14_500)}"`],
    ['8,000 optional items in turn with texts', `root ::= ${many(8000, () => 'a "x"')}\na ::= "b"?`],
    ['20,000 empty items after an optional one', `root ::= a ${many(20_000, () => 'e')} "c"\na ::= "b"?\ne ::= ""`],
    [
      '4,000 rules in one sequence',
      `root ::= ${many(4000, (i) => `r${4000 - i}`)}\n${many(4000, (i) => `r${i + 1} ::= "x"\n`)}`,
    ],
  ])('of a grammar with %s', (_what, grammar) => {
    expect(compileGrammar(grammar)).toMatchObject({ parallelStates: expect.any(Number) as number });
  });

  it.each([
    ['1,000 optional characters', `root ::= ${many(1000, (index) => `"${ideograph(index)}1"?`)}`],
    ['4,000 optional characters after another one', `root ::= "x" ${many(4000, (index) => `"${ideograph(index)}"?`)}`],
    [
      '4,000 optional characters as an alternative',
      `root ::= ${many(4000, (index) => `"${ideograph(index)}"?`)} | "x"`,
    ],
    [
      'a large class that is a choice everywhere',
      `root ::= ${many(3000, (index) => `r${index}`)}\nc ::= [${many(4000, ideograph)}]\n${many(3000, (index) => `r${index} ::= c "${index}" | "x"\n`)}`,
    ],
  ])('or a grammar is refused with %s', (_what, grammar) => {
    expect(() => compileGrammar(grammar)).toThrow(expect.objectContaining({ code: 'grammar_too_complex' }));
  });

  it('or refused if many names are to be matched with many patterns', () => {
    const name = (index: number): string => `${index} ${'漢'.repeat(400)}`;
    const properties = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [name(index), {}]));
    const patternProperties = Object.fromEntries(
      Array.from({ length: 12 }, (_, index) => [`^\\p{L}{${index}}`, { type: 'string' }]),
    );
    tooComplex({ type: 'object', properties, patternProperties }, '');
  });
});

describe('a budget', () => {
  it('ends with its time, as the last resort', () => {
    let now = 0;
    const budget = new Budget({ param: 'x', name: 'It' }, () => now);
    budget.spend(5000);
    now = limits.milliseconds + 1;
    expect(() => {
      budget.spend(5000);
    }).toThrow('It is too complex: compiling it takes longer than');
  });
});
