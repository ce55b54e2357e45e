import { describe, expect, it } from 'vitest';

import { chatTemplate } from '../../../../src/core/engine/llama/chat-template.js';

const tokens = { bosToken: '<s>', eosToken: '</s>' };

function render(source: string | undefined, ...messages: Parameters<ReturnType<typeof chatTemplate>>[0]): string {
  return chatTemplate({ source, ...tokens })(messages);
}

describe('chatTemplate', () => {
  it('is ChatML for a model without one', () => {
    expect(render(undefined, { role: 'system', content: 'Be kind.' }, { role: 'user', content: 'Hi' })).toBe(
      '<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n',
    );
  });

  it('gets what Hugging Face passes to one', () => {
    const source =
      "{{ bos_token }}{% for m in messages %}[{{ m.role }}|{{ m['content'] | trim }}|{{ m.name }}]{% endfor %}" +
      "{{ eos_token }}{% if add_generation_prompt %}>{% endif %}{{ strftime_now('%Y') }}";
    expect(render(source, { role: 'user', content: ' Hi ', name: 'Ann' })).toBe(
      `<s>[user|Hi|Ann]</s>>${String(new Date().getFullYear())}`,
    );
  });

  it('calls a developer the system', () => {
    expect(render('{{ messages[0].role }}', { role: 'developer', content: '' })).toBe('system');
  });

  it('passes on what a template refuses', () => {
    const source = "{{ raise_exception('Roles must alternate') }}";
    expect(() => render(source, { role: 'user', content: 'Hi' })).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        message: expect.stringContaining('Roles must alternate') as string,
      }),
    );
  });

  it('says so when the template itself is broken', () => {
    expect(() => render('{% for %}', { role: 'user', content: 'Hi' })).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        message: expect.stringContaining('template cannot be read') as string,
      }),
    );
  });
});
