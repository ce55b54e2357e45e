/** The request in a line that someone typed. */
export type ChatLine =
  | { readonly type: 'message'; readonly text: string }
  | { readonly type: 'command'; readonly name: CommandName; readonly rest: string }
  | { readonly type: 'unknown-command'; readonly name: string };

/** The commands, in the order of the help: how each is written, and what it does. */
export const commands = {
  system: ['/system [TEXT]', 'Tell the model how to behave; without a text, show it; /system - removes it.'],
  set: ['/set [NAME [VALUE]]', 'Set a parameter, such as temperature 0.2; without a value, leave it to the server.'],
  regenerate: ['/regenerate', 'Ask for the last answer again.'],
  clear: ['/clear', 'Forget what was said; the system prompt and the parameters stay.'],
  save: ['/save FILE', 'Write the conversation to a file.'],
  load: ['/load FILE', 'Go on with a conversation from a file.'],
  help: ['/help', 'Show this list.'],
  exit: ['/exit', 'Leave, as Ctrl-D does.'],
} as const;

export type CommandName = keyof typeof commands;

const otherNames: Readonly<Record<string, CommandName>> = {
  quit: 'exit',
  bye: 'exit',
  '?': 'help',
  retry: 'regenerate',
};

/**
 * A line that begins with a slash and a word is a command. Paths such as `/etc/hosts is a file` are not, because
 * another slash follows their first word.
 */
export function readLine(text: string): ChatLine {
  const [, name = '', rest = ''] = /^\/([a-z]+|\?)(?:\s+([^]*))?$/i.exec(text.trim()) ?? [];
  if (name === '') return { type: 'message', text };
  const known = name.toLowerCase();
  const command = isCommandName(known) ? known : otherNames[known];
  return command === undefined
    ? { type: 'unknown-command', name }
    : { type: 'command', name: command, rest: rest.trim() };
}

function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(commands, name);
}
