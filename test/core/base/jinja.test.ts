import { describe, expect, it } from 'vitest';
import { codeIn, mapTags } from '../../../src/core/base/jinja.js';

const template = "{# {{ a }} #}text {{- '}}' + b -}}{% if c %}{{ d }}{% endif %}";

describe('the tags of a template', () => {
  it('are what is between brackets, without comments', () => {
    expect(
      codeIn(template)
        .split('\n')
        .map((code) => code.trim()),
    ).toEqual(['', "'}}' + b", 'if c', 'd', 'endif']);
  });

  it('can be changed', () => {
    const changed = mapTags(template, ({ kind, code }) => (kind === '{' ? code.toUpperCase() : code));
    expect(changed).toBe("{# {{ a }} #}text {{- '}}' + B -}}{% if c %}{{ D }}{% endif %}");
  });
});
