import { Flags } from '@oclif/core';
import { describe, expect, it } from 'vitest';
import { argumentsOf } from '../../../../src/cli/serve/flags/config-flags.js';

const known = { concurrency: Flags.integer(), config: Flags.string(), json: Flags.boolean() };

const refusalOf = (name: string): unknown => {
  try {
    return argumentsOf(new Map([[name, '4']]), known, { isGiven: () => false }, 'bench');
  } catch (error) {
    return error;
  }
};

describe('a name in a configuration file that is not a flag', () => {
  it('is refused with the flag that was probably meant', () => {
    expect(refusalOf('concurency')).toMatchObject({
      message: '"concurency" in the configuration file is not a flag of chatstream bench.',
      hint: 'Did you mean concurrency? Write the names of flags without their dashes; see chatstream bench --help.',
    });
  });

  it('is refused without a guess if it resembles none, or only one that files cannot set', () => {
    const hint = 'Write the names of flags without their dashes; see chatstream bench --help.';
    expect(refusalOf('top-k')).toMatchObject({ hint });
    expect(refusalOf('confg')).toMatchObject({ hint });
  });

  it('is none where it is a flag', () => {
    expect(refusalOf('concurrency')).toEqual(['--concurrency=4']);
  });
});
