import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listedNames, modelMeant, nameInAnswer } from '../../../src/core/lines/model-names.js';

const models = [{ name: 'small' }, { name: 'large' }, { name: 'small.gguf' }];

function meant(wanted: string | null | undefined, ...aliases: readonly string[]): string | undefined {
  return modelMeant(wanted, models, aliases)?.name;
}

describe('the model that a request means', () => {
  it.each([undefined, null, ''])('is the first if it names none: %j', (wanted) => {
    expect(meant(wanted)).toBe('small');
  });

  it('has the name that is asked for', () => {
    expect(meant('large')).toBe('large');
  });

  it('may be named as its file is', () => {
    expect(meant('large.gguf')).toBe('large');
  });

  it('has the whole name rather than that of the file', () => {
    expect(meant('small.gguf')).toBe('small.gguf');
  });

  it('is the first for an alias, even for one that is the name of the file of another', () => {
    expect(meant('gpt-4o', 'gpt-4o')).toBe('small');
    expect(meant('large.gguf', 'large.gguf')).toBe('small');
  });

  it('is not the first for an alias that is the name of another', () => {
    expect(meant('large', 'large')).toBe('large');
  });

  it('is the first for all other names if the server answers to any', () => {
    expect(meant('gpt-4o', '*')).toBe('small');
    expect(meant('large.gguf', '*')).toBe('large');
  });

  it('does not exist for other names, and where there are no models', () => {
    expect(meant('gpt-4o')).toBeUndefined();
    expect(modelMeant('small', models.slice(0, 0), ['*'])).toBeUndefined();
  });

  it('is, for every name that is listed, the one that is listed', () => {
    // Few letters, so that names, aliases and names of files meet.
    const name = fc.stringMatching(/^[ab](\.gguf)?$/);
    fc.assert(
      fc.property(fc.uniqueArray(name), fc.array(fc.oneof(name, fc.constant('*'))), (names, aliases) => {
        const known = names.map((each) => ({ name: each }));
        const listed = listedNames(known, aliases);
        expect(listed.map(({ id }) => modelMeant(id, known, aliases))).toEqual(listed.map(({ model }) => model));
      }),
    );
  });
});

describe('the names of models', () => {
  it('are listed in their order, the aliases after the first', () => {
    const ids = listedNames(models.slice(0, 2), ['gpt-4o', 'large', '*']).map(({ id }) => id);
    expect(ids).toEqual(['small', 'gpt-4o', 'large']);
  });

  it('are those in answers if the request names none', () => {
    expect([undefined, null, '', 'gpt-4o'].map((wanted) => nameInAnswer(wanted, { name: 'small' }))).toEqual([
      'small',
      'small',
      'small',
      'gpt-4o',
    ]);
  });
});
