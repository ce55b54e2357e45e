import type { JSX } from 'preact';

/** A key's name with a dot whose colour is always the same for the same name. */
export function KeyName({ name }: { readonly name: string }): JSX.Element {
  return (
    <span class="queue-key">
      <span class={`queue-dot queue-hue-${hue(name)}`} aria-hidden="true" />
      <span class="queue-key-name" title={name}>
        {name}
      </span>
    </span>
  );
}

/** From 0, which is grey and for requests without a key, to 8. */
export function hue(name: string): number {
  if (name === 'anonymous') return 0;
  let hash = 0;
  for (let index = 0; index < name.length; index += 1) hash = (hash * 31 + name.charCodeAt(index)) >>> 0;
  return (hash % 8) + 1;
}
