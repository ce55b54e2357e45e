import { text } from 'node:stream/consumers';
import { Args, Flags } from '@oclif/core';
import { messageAsFlag } from '../cli/command/argument-as-flag.js';
import { BaseCommand, commonFlags } from '../cli/command/base-command.js';
import { connectionFlags } from '../cli/connection/flags.js';
import { firstSignal } from '../cli/exit/signals.js';
import { type FlagOrigins, flagOrigins, fromEnvironment } from '../cli/flags/flags.js';
import { givenServerFlags, ownServerFlags, type ServerFlagValues } from '../cli/serve/flags/own-server.js';
import { ChatstreamError } from '../core/base/errors.js';

const { engine, context, gpu, 'gpu-layers': gpuLayers, threads, ...others } = ownServerFlags;

export default class Chat extends BaseCommand {
  static override usage = '<%= command.id %> [MESSAGE] [FLAGS]';

  static override summary = 'Talk to a model.';

  static override description = `Talks to the model of a running server (--url), or starts a server for a model (--model). With neither, it uses the server at http://127.0.0.1:8000 if there is one, and otherwise the bundled model.

On a terminal, answers are laid out as they arrive; /help lists the commands, Ctrl-C stops an answer and a second one leaves. With a message as an argument or on stdin, the answer goes to stdout and the command ends.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -m qwen3.gguf',
    {
      description: 'One answer, from a server on another machine',
      command: 'git diff | <%= config.bin %> <%= command.id %> -u http://gpu1:8000 "Write a commit message."',
    },
  ];

  // The answer is text, and oclif's own flag is for an object.
  static override enableJsonFlag = false;
  static override baseFlags = commonFlags;

  static override args = {
    message: Args.string({ description: 'One message to answer; text on stdin is added to it.' }),
  };

  static override flags = fromEnvironment({
    url: Flags.string({ char: 'u', summary: 'URL of a running server, or unix:/path.' }),
    model: Flags.string({
      char: 'm',
      summary: 'With --url, which of its models to use; without, the model to load, as for serve.',
    }),
    ...connectionFlags,
    system: Flags.string({ summary: 'System prompt.' }),
    load: Flags.file({ summary: 'Continue a conversation that /save has written.' }),
    engine,
    context,
    gpu,
    'gpu-layers': gpuLayers,
    threads,
    'mock-prefill': others['mock-prefill'],
    'mock-token': others['mock-token'],
    'mock-reply': others['mock-reply'],
  });

  async run(): Promise<void> {
    const parsed = await this.parse(Chat);
    const { flags, args } = parsed;
    if (flags.url === undefined && flags.model === undefined) assertNoFlag(args.message ?? '');
    const question = await questionOf(args.message ?? '');
    const { openServer } = await import('../cli/chat/open-server.js');
    const { answerOnce, converse, loadConversation } = await import('../cli/chat/session.js');
    const { Conversation } = await import('../core/chat/conversation.js');
    const { oneLine } = await import('../core/report/text/escape.js');
    const { createLogger } = await import('../cli/terminal/logging.js');
    const conversation = flags.load === undefined ? new Conversation() : await loadConversation(flags.load);
    if (flags.system !== undefined) conversation.system = flags.system;

    const logger = createLogger(flags['log-level']);
    const given = ownServerValues(flags, flagOrigins(parsed));
    const { stopping, release } = firstSignal('Stopped before the answer was complete.');
    const { server, close } = await openServer(
      { ...flags, url: flags.url, model: flags.model, 'api-key': flags['api-key'], ca: flags.ca, given },
      {
        packageRoot: this.config.root,
        tell: (line) => {
          process.stderr.write(`${line}\n`);
        },
        log: (line) => {
          logger.debug({}, `server: ${line}`);
        },
        stopping,
      },
    );
    try {
      if (question !== '') await answerOnce(server, conversation, question, stopping);
      else {
        // From here on, Ctrl-C stops answers.
        release();
        this.log(`${oneLine(server.model)} at ${server.url}. /help lists the commands.`);
        await converse(server, conversation);
      }
    } finally {
      await close();
    }
  }
}

/** @throws ChatstreamError `usage` for a message that looks like the value of a flag */
function assertNoFlag(message: string): void {
  const flag = messageAsFlag(message, ['url', 'model']);
  if (flag === null) return;
  throw new ChatstreamError('usage', `The message of chatstream chat would be "${message}".`, {
    hint: `Did you mean ${flag}?`,
  });
}

/**
 * The argument, and what is piped into the command; empty for a conversation.
 *
 * @throws ChatstreamError `usage` if there is neither a question nor a terminal
 */
async function questionOf(message: string): Promise<string> {
  const piped = process.stdin.isTTY ? '' : (await text(process.stdin)).trim();
  const question = [message, piped].filter((part) => part !== '').join('\n\n');
  if (question !== '' || (process.stdin.isTTY && process.stdout.isTTY)) return question;
  throw new ChatstreamError('usage', 'There is no message to answer.', {
    hint: 'Give one as an argument or on stdin; a conversation needs a terminal.',
  });
}

/**
 * The flags for a server that is started here, besides its model, as they were given.
 *
 * @throws ChatstreamError `usage` if one was typed beside --url
 */
function ownServerValues(
  flags: Readonly<Record<string, unknown>> & { readonly url: string | undefined },
  { isTyped, isGiven }: FlagOrigins,
): ServerFlagValues {
  const given = (is: (name: string) => boolean): ServerFlagValues =>
    givenServerFlags(flags, (name) => name !== 'model' && is(name));
  const [typed] = Object.keys(given(isTyped));
  if (typed === undefined || flags.url === undefined) return given(isGiven);
  throw new ChatstreamError(
    'usage',
    `--${typed} is for a server that is started here, but --url names one that runs.`,
    {
      hint: 'Leave out one of the two.',
    },
  );
}
