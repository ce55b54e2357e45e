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

interface FieldProps {
  readonly settings: Settings;
  readonly set: (changed: Partial<Settings>) => void;
}

/** What is changed applies to the next answer. */
export function SettingsForm({ pane }: { readonly pane: Pane }): JSX.Element {
  const words = chatWords();
  const { settings } = pane.conversation.value;
  const set = (changed: Partial<Settings>): void => {
    pane.configure({ ...settings, ...changed });
  };
  return (
    <form
      class="chat-settings"
      onSubmit={(event) => {
        event.preventDefault();
      }}
    >
      {models.value.length > 0 && (
        <Choice
          label={words.model}
          chosen={settings.model}
          names={models.value}
          none={words.modelDefault}
          choose={(model) => {
            set({ model });
          }}
        />
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
      {(keepsConversations.value || settings.onServer) && <OnServer settings={settings} set={set} />}
      <fieldset>
        <legend>{words.parameters}</legend>
        {numberSettings.map((setting) => (
          <NumberField key={setting.name} setting={setting} settings={settings} set={set} />
        ))}
        <Choice
          label={words.reasoningEffort}
          chosen={settings.reasoningEffort}
          names={reasoningEfforts}
          none={words.byServer}
          choose={(reasoningEffort) => {
            set({ reasoningEffort });
          }}
        />
      </fieldset>
      <MoreFields settings={settings} set={set} />
      <Buttons pane={pane} />
    </form>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly chosen: string | null;
  readonly names: readonly string[];
  /** What is shown for null. */
  readonly none: string;
  readonly choose: (name: string | null) => void;
}

function Choice({ label, chosen, names, none, choose }: ChoiceProps): JSX.Element {
  return (
    <label>
      {label}
      <select
        value={chosen ?? ''}
        onInput={({ currentTarget: { value } }) => {
          choose(value === '' ? null : value);
        }}
      >
        <option value="">{none}</option>
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}

function OnServer({ settings, set }: FieldProps): JSX.Element {
  const words = chatWords();
  return (
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
  );
}

type NumberFieldProps = FieldProps & { readonly setting: (typeof numberSettings)[number] };

function NumberField({ setting, settings, set }: NumberFieldProps): JSX.Element {
  const words = chatWords();
  const { name, min, max, step, usual } = setting;
  return (
    <label>
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
  );
}

/** Further fields of the request, as JSON. */
function MoreFields({ settings, set }: FieldProps): JSX.Element {
  const words = chatWords();
  const isBroken = fieldsOf(settings.more) === null;
  return (
    <>
      <label>
        {words.more}
        <textarea
          rows={2}
          class="chat-code-field"
          spellcheck={false}
          value={settings.more}
          aria-invalid={isBroken}
          aria-describedby="chat-more-hint"
          onInput={(event) => {
            set({ more: event.currentTarget.value });
          }}
        />
      </label>
      <p id="chat-more-hint" class={isBroken ? 'bad' : 'quiet'}>
        {isBroken ? words.moreBroken : words.moreHint}
      </p>
    </>
  );
}

function Buttons({ pane }: { readonly pane: Pane }): JSX.Element {
  const words = chatWords();
  return (
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
            const { settings } = pane.conversation.value;
            panes.value.forEach((other) => {
              other.configure(settings);
            });
          }}
        >
          {words.toAll}
        </button>
      )}
    </div>
  );
}
