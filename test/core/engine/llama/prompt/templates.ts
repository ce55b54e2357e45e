/** Templates of our own, with the constructs that real ones consist of. */
export const templates = {
  /** Marks written out, content as it is. */
  plain:
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}" +
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
  /** Marks put together from the role; trimmed content; names and system messages in places of their own. */
  built: [
    '{{- bos_token }}',
    "{%- if messages[0].role == 'system' -%}",
    "  {{- '<|system|>' ~ messages[0].content|trim ~ '<|end|>' }}",
    '  {%- set messages = messages[1:] -%}',
    '{%- endif -%}',
    '{%- for m in messages -%}',
    "  {%- if m.name is defined -%}{{ '<|' ~ m.name ~ '|>' }}{%- endif -%}",
    "  {{- '<|' + m['role'] + '|>' + m['content'].strip() + '<|end|>' }}",
    '{%- endfor -%}',
    "{%- if add_generation_prompt -%}{{ '<|assistant|>' }}{%- endif -%}",
  ].join('\n'),
  /** Earlier thoughts are cut out of answers. */
  thinking: [
    '{%- for m in messages %}',
    '{%- set text = m.content %}',
    "{%- if m.role == 'assistant' and '</think>' in text %}",
    "{%- set text = text.split('</think>')[-1].lstrip('\\n') %}",
    '{%- endif %}',
    "{{- '<|im_start|>' ~ m.role ~ '\\n' ~ text ~ '<|im_end|>\\n' }}",
    '{%- endfor %}',
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}",
    "{%- if enable_thinking is defined and not enable_thinking %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}",
    '{%- endif %}',
  ].join('\n'),
  /** Tools as JSON, with sorted and repeated keys, and documents. */
  tools: [
    '{%- if tools %}{{- "<|im_start|>system\\n" }}',
    '{%- for tool in tools %}{{- tool | tojson }}{{- "\\n" }}',
    '{%- for key, value in tool.function.parameters.properties | dictsort %}',
    '{{- "<" ~ key ~ ">" ~ value.type ~ ("" if key in tool.function.parameters.required else "?") ~ "</" ~ key ~ ">\\n" }}',
    '{%- endfor %}{%- endfor %}{{- "<|im_end|>\\n" }}{%- endif %}',
    '{%- for d in documents or [] %}{{- "[" ~ loop.index ~ "] " ~ d.title|upper ~ ": " ~ d.text ~ "\\n" }}{%- endfor %}',
    '{%- for m in messages %}{{- "<|im_start|>" ~ m.role ~ "\\n" ~ m.content }}',
    '{%- for call in m.tool_calls or [] %}',
    '{{- "<call=" ~ call.function.name ~ ">" ~ call.function.arguments | tojson(indent=2) }}',
    '{%- endfor %}{{- "<|im_end|>\\n" }}{%- endfor %}',
    '{%- if add_generation_prompt %}{{- "<|im_start|>assistant\\n" }}{%- endif %}',
  ].join('\n'),
  /** Words are deleted from contents, one after the other. */
  deleting: [
    '{%- for m in messages %}',
    "{%- set text = m.content.replace('/think', '').replace('/no_think', '') %}",
    "{{- '<|im_start|>' ~ m.role ~ '\\n' ~ text ~ '<|im_end|>\\n' }}",
    '{%- endfor %}',
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}",
  ].join('\n'),
  /** Keys are sorted, changed and written between the brackets of names. */
  changing: [
    '{%- for d in documents or [] %}{%- for key, value in d | dictsort %}',
    '{{- "<" ~ key ~ ">" ~ value ~ "</" ~ key|replace("-", "_") ~ ">" ~ "<" ~ key|replace("-", "_") ~ ">" }}',
    '{{- "<" ~ key|lower ~ ">" ~ value|title }}',
    '{%- endfor %}{%- endfor %}',
    '{%- for tool in tools or [] %}{%- for key, value in tool.function.parameters.properties | dictsort %}',
    '{{- "<" ~ key ~ ">" ~ value.description|lower ~ "<" ~ key|replace("-", "_") ~ ">" }}',
    '{%- endfor %}{%- endfor %}',
    '{%- for m in messages %}{{- "<|im_start|>" ~ m.role ~ "\\n" ~ m.content|upper ~ "<|im_end|>" }}{%- endfor %}',
  ].join('\n'),
} as const;
