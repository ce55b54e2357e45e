import { describe, expect, it } from 'vitest';
import { parseUpstream, parseUpstreams } from '../../../../src/core/executor/upstream/upstream-options.js';

describe('an --upstream', () => {
  it('needs nothing but a URL', () => {
    expect(parseUpstream('http://gpu1:8080', {})).toEqual({
      ...{ name: 'gpu1:8080', baseUrl: 'http://gpu1:8080', slots: null, models: [], key: null },
    });
  });

  it('may have settings after it', () => {
    const text = 'https://host/llm/v1/, slots=4, model=chat=llama3:8b, model=code, key=env:KEY, name=big';
    expect(parseUpstream(text, { KEY: 'secret' })).toEqual({
      name: 'big',
      baseUrl: 'https://host/llm',
      slots: 4,
      models: [
        { name: 'chat', upstreamName: 'llama3:8b' },
        { name: 'code', upstreamName: null },
      ],
      key: 'secret',
    });
  });

  it.each([
    ['gpu1:8080', /does not begin with the URL/],
    ['ftp://gpu1', /does not begin with the URL/],
    ['http://user:secret@gpu1', /more than a host/],
    ['http://gpu1,slots=0', /slots is not a number/],
    ['http://gpu1,slots=two', /slots is not a number/],
    ['http://gpu1,model=', /model has no name/],
    ['http://gpu1,key=secret', /key is not env:/],
    ['http://gpu1,key=env:NONE', /NONE is empty or not set/],
    ['http://gpu1,name=two words', /its name is not one word/],
    ['http://gpu1,weight=3', /"weight" is not a setting/],
  ])('says what is wrong with %s, and no secret', (text, problem) => {
    expect(() => parseUpstream(text, {})).toThrow(problem);
    expect(() => parseUpstream(text, {})).not.toThrow(/secret/);
  });

  it('must not have the name of another', () => {
    expect(() => parseUpstreams(['http://gpu1', 'http://gpu1/other'], {})).toThrow(
      /Two upstreams have the name "gpu1"/,
    );
  });
});
