import { describe, expect, it } from 'vitest';
import { chatTemplate } from '../../../../src/core/engine/llama/chat-template.js';

const tokens = { bosToken: '<s>', eosToken: '</s>' };

function render(source: string | undefined, ...messages: Parameters<ReturnType<typeof chatTemplate>>[0]): string {
  return chatTemplate({ source, ...tokens })(messages);
}

describe('chatTemplate', () => {
  it('is ChatML for a model without a template', () => {
    expect(render(undefined, { role: 'system', content: 'Be kind.' }, { role: 'user', content: 'Hi' })).toBe(
      '<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n',
    );
  });

  it('gets the variables that Hugging Face passes to templates', () => {
    const source =
      "{{ bos_token }}{% for m in messages %}[{{ m.role }}|{{ m['content'] | trim }}|{{ m.name }}]{% endfor %}" +
      "{{ eos_token }}{% if add_generation_prompt %}>{% endif %}{{ strftime_now('%Y') }}";
    expect(render(source, { role: 'user', content: ' Hi ', name: 'Ann' })).toBe(
      `<s>[user|Hi|Ann]</s>>${String(new Date().getFullYear())}`,
    );
  });

  it('turns the developer into the system', () => {
    expect(render('{{ messages[0].role }}', { role: 'developer', content: '' })).toBe('system');
  });

  it('quotes the error of a template that refuses messages', () => {
    const source = "{{ raise_exception('Roles must alternate') }}";
    expect(() => render(source, { role: 'user', content: 'Hi' })).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        message: expect.stringContaining('Roles must alternate') as string,
      }),
    );
  });

  it('reports a template that is itself broken', () => {
    expect(() => render('{% for %}', { role: 'user', content: 'Hi' })).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        message: expect.stringContaining('template cannot be read') as string,
      }),
    );
  });
});
