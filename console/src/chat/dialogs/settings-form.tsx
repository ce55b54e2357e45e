import type { JSX } from 'preact';
import {
  defaultSettings,
  fieldsOf,
  numberSettings,
  reasoningEfforts,
  type Settings,
} from '../conversation/settings.js';
import { keepsConversations, models } from '../panes/models.js';
import type { Pane } from '../panes/pane.js';
import { panes } from '../panes/panes.js';
import { chatWords } from '../words.js';

/** What is changed applies to the next answer. */
export function SettingsForm({ pane }: { readonly pane: Pane }): JSX.Element {
  const words = chatWords();
  const { settings } = pane.conversation.value;
  const set = (changed: Partial<Settings>): void => {
    pane.configure({ ...settings, ...changed });
  };
  const isMoreBroken = fieldsOf(settings.more) === null;
  return (
    <form
      class="chat-settings"
      onSubmit={(event) => {
        event.preventDefault();
      }}
    >
      {models.value.length > 0 && (
        <label>
          {words.model}
          <select
            value={settings.model ?? ''}
            onInput={(event) => {
              set({ model: textOrNull(event.currentTarget.value) });
            }}
          >
            <option value="">{words.modelDefault}</option>
            {models.value.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      )}
      <label>
        {words.system}
        <textarea
          rows={3}
          value={settings.system}
          onInput={(event) => {
            set({ system: event.currentTarget.value });
          }}
        />
      </label>
      {(keepsConversations.value || settings.onServer) && (
        <>
          <label class="chat-check">
            <input
              type="checkbox"
              checked={settings.onServer}
              aria-describedby="chat-on-server-hint"
              onInput={(event) => {
                set({ onServer: event.currentTarget.checked });
              }}
            />
            {words.onServer}
          </label>
          <p id="chat-on-server-hint" class="quiet">
            {words.onServerHint}
          </p>
        </>
      )}
      <fieldset>
        <legend>{words.parameters}</legend>
        {numberSettings.map(({ name, min, max, step, usual }) => (
          <label key={name}>
            {words[name]}
            <input
              type="number"
              min={min}
              max={max}
              step={step}
              value={settings[name] ?? ''}
              placeholder={usual?.toString() ?? words.byServer}
              onInput={({ currentTarget: { value, valueAsNumber, validity } }) => {
                if (value === '' || validity.valid) set({ [name]: value === '' ? null : valueAsNumber });
              }}
            />
          </label>
        ))}
        <label>
          {words.reasoningEffort}
          <select
            value={settings.reasoningEffort ?? ''}
            onInput={(event) => {
              set({ reasoningEffort: textOrNull(event.currentTarget.value) });
            }}
          >
            <option value="">{words.byServer}</option>
            {reasoningEfforts.map((effort) => (
              <option key={effort}>{effort}</option>
            ))}
          </select>
        </label>
      </fieldset>
      <label>
        {words.more}
        <textarea
          rows={2}
          class="chat-code-field"
          spellcheck={false}
          value={settings.more}
          aria-invalid={isMoreBroken}
          aria-describedby="chat-more-hint"
          onInput={(event) => {
            set({ more: event.currentTarget.value });
          }}
        />
      </label>
      <p id="chat-more-hint" class={isMoreBroken ? 'bad' : 'quiet'}>
        {isMoreBroken ? words.moreBroken : words.moreHint}
      </p>
      <div class="chat-buttons">
        <button
          type="button"
          class="quiet"
          onClick={() => {
            pane.configure(defaultSettings);
          }}
        >
          {words.reset}
        </button>
        {panes.value.length > 1 && (
          <button
            type="button"
            onClick={() => {
              panes.value.forEach((other) => {
                other.configure(settings);
              });
            }}
          >
            {words.toAll}
          </button>
        )}
      </div>
    </form>
  );
}

function textOrNull(text: string): string | null {
  return text === '' ? null : text;
}
