import { describe, expect, it } from 'vitest';
import { wrongCombination } from '../../../src/cli/command/wrong-combination.js';

const dim = (text: string): string => `\u001b[2m${text}\u001b[22m`;

describe('what oclif says about a combination of flags', () => {
  it('is read in a terminal with colours as well, and the values are left out there too', () => {
    const text = `The following error occurred:\n  ${dim('--versus=http://a:secret@host cannot also be provided when using --baseline')}\nSee more help with --help`;
    expect(wrongCombination(text)).toEqual({
      message: '--baseline and --versus cannot be combined.',
      hint: 'Leave out one of the two.',
    });
  });

  it('is read there if it is about several combinations, each on a line with colours of its own', () => {
    const reasons = [
      'All of the following must be provided when using --slots: --count',
      '--key=secret cannot also be provided when using --queue',
    ];
    const found = wrongCombination(`The following errors occurred:\n  ${reasons.map(dim).join('\n  ')}`);
    expect(found?.message).toBe('--slots needs --count. --key and --queue cannot be combined.');
  });

  it.each([
    ['CHATSTREAM_VERSUS=http://a:secret@host', '--baseline', '--baseline and CHATSTREAM_VERSUS'],
    ['--versus=http://a:secret@host', 'CHATSTREAM_BASELINE', '--versus and CHATSTREAM_BASELINE'],
  ])('names the variables that give flags: %s', (one, other, both) => {
    const text = `The following error occurred:\n  ${one} cannot also be provided when using ${other}`;
    expect(wrongCombination(text)?.message).toBe(`${both} cannot be combined.`);
  });

  it('names a flag that has to be given', () => {
    expect(wrongCombination('The following error occurred:\n  Missing required flag format')).toEqual({
      message: '--format is missing.',
      hint: 'Add --format VALUE.',
    });
  });

  it('lists the values of a flag that has to be given, if they are known', () => {
    const text = 'The following error occurred:\n  Missing required flag format';
    expect(wrongCombination(text, (flag) => (flag === 'format' ? ['xml', 'csv'] : []))?.hint).toBe(
      'Add --format VALUE. VALUE is one of xml and csv.',
    );
  });

  it.each([
    ['count', 'Write it after the flag: --count VALUE.'],
    ['slo', "Write it after the flag, for example --slo 'ttft.p95<500ms'."],
  ])('says how to write the missing value of --%s', (flag, hint) => {
    const text = `Flag --${flag} expects a value\nSee more help with --help`;
    expect(wrongCombination(text)).toEqual({ message: `--${flag} has no value.`, hint });
  });

  it('lists the values of a flag that is given without one', () => {
    const text = 'Flag --gpu expects one of these values: auto, off\nSee more help with --help';
    expect(wrongCombination(text)).toEqual({
      message: '--gpu has no value.',
      hint: 'Write it after the flag: --gpu VALUE. VALUE is one of auto and off.',
    });
  });

  it('names the variable of a flag that needs others', () => {
    const text =
      'The following error occurred:\n  All of the following must be provided when using CHATSTREAM_DUET: --versus';
    expect(wrongCombination(text)).toEqual({ message: 'CHATSTREAM_DUET needs --versus.', hint: 'Add --versus.' });
  });
});
