import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatMessage } from '../../../../../src/core/engine/engine.js';
import { withShortSearches } from '../../../../../src/core/engine/llama/prompt/template-searches.js';
import { compiled } from './harness.js';

/** The role of the message before each, tools left out. */
const backwards = [
  '{%- for message in messages -%}',
  '  {%- set before = namespace(role="none", found=false) -%}',
  '  {%- for i in range(loop.index0 - 1, -1, -1) -%}',
  '    {%- if not before.found -%}',
  '      {%- if messages[i]["role"] != "tool" -%}',
  '        {%- set before.role = messages[i]["role"] -%}',
  '        {%- set before.found = true -%}',
  '      {%- endif -%}',
  '    {%- endif -%}',
  '  {%- endfor -%}',
  '  {{- message.role ~ " after " ~ before.role ~ "\\n" -}}',
  '{%- endfor -%}',
].join('\n');

/** The results that follow each message that calls. */
const forwards = [
  '{%- for message in messages if message.role != "tool" %}',
  '[{{ message.content }}]',
  '  {%- set scan = namespace(stopped=false) -%}',
  '  {%- for k in range(loop.index0 + 1, messages | length) -%}',
  '    {%- if scan.stopped -%}',
  '    {%- elif messages[k].role != "tool" -%}',
  '      {%- set scan.stopped = true -%}',
  '    {%- else -%}',
  '      {%- for part in [messages[k].content] -%}{{ " " ~ k ~ part }}{%- endfor -%}',
  '    {%- endif -%}',
  '  {%- endfor %}',
  'end',
  '{% endfor -%}',
].join('\n');

const message = fc.record({
  role: fc.constantFrom('user', 'assistant', 'tool', 'tool', 'tool', 'tool', 'tool', 'tool', 'tool'),
  content: fc.constantFrom('', 'a', 'bc'),
});

/** Chats in which searches stop in each of the parts. */
const chat: fc.Arbitrary<readonly ChatMessage[]> = fc
  .array(fc.oneof({ weight: 9, arbitrary: fc.array(message, { maxLength: 9 }) }, runOfResults()), { maxLength: 5 })
  .map((parts) => parts.flat());

function runOfResults(): fc.Arbitrary<ChatMessage[]> {
  const result = { role: 'tool', content: 'r' } as const;
  return fc.integer({ min: 0, max: 60 }).map((length) => Array.from({ length }, () => result));
}

describe('a template that searches', () => {
  it.each([
    ['backwards', backwards],
    ['forwards', forwards],
  ])('%s ends its searches where they have found something, and writes the same', (_name, source) => {
    const changed = withShortSearches(source);
    expect(changed).not.toBe(source);
    const [asItIs, short] = [source, changed].map(compiled);
    fc.assert(
      fc.property(chat, (messages) => {
        expect(short?.({ messages })).toBe(asItIs?.({ messages }));
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ['is no search', '{% for m in messages %}{% if not n.found %}{% set n.found = true %}{% endif %}{% endfor %}'],
    ['writes between', '{% for i in range(9) %}x{% if not n.found %}{% set n.found = true %}{% endif %}{% endfor %}'],
    [
      'writes white space',
      '{% for i in range(9) %} {% if not n.found %}{% set n.found = true %}{% endif %}{% endfor %}',
    ],
    [
      'writes once more',
      '{% for i in range(9) %}{% if not n.found %}{% set n.found = true %}{% endif %}{{ i }}{% endfor %}',
    ],
    ['never ends', '{% for i in range(9) %}{% if not n.found %}{{ i }}{% endif %}{% endfor %}'],
    [
      'does something else',
      '{% for i in range(9) %}{% if not n.f %}{% set n.f = true %}{% else %}x{% endif %}{% endfor %}',
    ],
    ['does two things', '{% for i in range(9) %}{% if n.f %}x{% elif i %}{% set n.f = true %}{% endif %}{% endfor %}'],
    ['counts', '{% for i in range(9) %}{% if not n.f %}{{ loop.index }}{% set n.f = true %}{% endif %}{% endfor %}'],
    ['moves', '{% for i in range(n.end) %}{% if not n.f %}{% set n.f = true %}{% endif %}{% endfor %}'],
    [
      'has a last word',
      '{% for i in range(9) %}{% if not n.f %}{% set n.f = true %}{% endif %}{% else %}x{% endfor %}',
    ],
    ['has no end', '{% for i in range(9) %}{% if not n.f %}{% set n.f = true %}{% endif %}'],
  ])('stays as it is where its loop %s', (_name, source) => {
    expect(withShortSearches(source)).toBe(source);
  });
});
