import { BaseCommand } from './base-command.js';

/** A command that runs until it is ended, and prints what happens meanwhile. */
export abstract class EventCommand extends BaseCommand {
  /** Prints an event: as JSON with `--json`, and as text otherwise. */
  protected logEvent(event: object, text: string): void {
    if (this.jsonEnabled()) this.logJson(event);
    else this.log(text);
  }

  /** One line per event, so that a script can read each as soon as it is there. */
  override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json)}\n`);
  }
}
