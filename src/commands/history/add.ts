import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/command/base-command.js';
import { fromEnvironment } from '../../cli/flags/flags.js';
import { historyFlags } from '../../cli/history/flags.js';
import { entryOf, identityOf, type Provenance } from '../../core/history/entry.js';
import { entryDoubts } from '../../core/history/entry-doubts.js';
import type { HistoryEntry } from '../../core/history/entry-schema.js';
import { appendEntry, readHistoryIfAny } from '../../core/history/history-file.js';
import { currentRevision } from '../../core/history/revision.js';
import { readResult } from '../../core/measurement/read-result.js';
import { commitText } from '../../core/report/history/words.js';

export default class HistoryAdd extends BaseCommand {
  static override summary = 'Add results of bench to a history, with the commit that was measured.';

  static override description = `The history is a file with one line per result, for a branch of a repository or the cache of a CI service. Lines are only ever added. A result that is already in it is not added again. A result that later ones cannot be compared with, because its server was lost or its requests failed, is added too, and the output says so.

Commit and branch come from the CI service, or else from the repository in the current folder.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> result.json',
    '<%= config.bin %> <%= command.id %> result.json --file perf/history.jsonl --commit 1a2b3c4 --note "new driver"',
  ];

  static override strict = false;

  static override args = {
    result: Args.file({ description: 'Results of bench (-o result.json), one or more', required: true }),
  };

  static override flags = fromEnvironment({
    ...historyFlags,
    commit: Flags.string({ summary: 'Commit that was measured; by default as the CI service or git says.' }),
    branch: Flags.string({ summary: 'Its branch; by default as the CI service or git says.' }),
    note: Flags.string({ summary: 'A note about these results.' }),
  });

  async run(): Promise<object> {
    const { argv, flags } = await this.parse(HistoryAdd);
    const { file } = flags;
    const provenance = await this.#provenance(flags);
    const entries: { readonly path: string; readonly entry: HistoryEntry }[] = [];
    for (const path of argv.map(String)) {
      entries.push({ path, entry: entryOf(await readResult(path), provenance, path) });
    }

    const history = await readHistoryIfAny(file);
    for (const text of history.skipped) this.logAside(`! ${text}`);
    const known = new Set(history.entries.map(identityOf));
    const added: HistoryEntry[] = [];
    const notes: string[] = [];
    for (const { path, entry } of entries) {
      const name = `${entry.target.model}, ${entry.started_at}`;
      if (known.has(identityOf(entry))) {
        this.log(`${file} already has ${name}`);
        continue;
      }
      await appendEntry(file, entry);
      known.add(identityOf(entry));
      added.push(entry);
      const commit = commitText(entry);
      this.log(`added ${name}${commit === null ? '' : `, commit ${commit}`} to ${file}`);
      const doubts = entryDoubts(entry).map((doubt) => `${path}: ${doubt}`);
      for (const text of doubts) this.logAside(`! ${text}`);
      notes.push(...doubts);
    }
    return { file, added, known: entries.length - added.length, notes };
  }

  /** If a commit is given, the state of the current folder says nothing about it. */
  async #provenance(given: {
    readonly commit: string | undefined;
    readonly branch: string | undefined;
    readonly note: string | undefined;
  }): Promise<Provenance> {
    const note = given.note ?? null;
    const { commit, branch, dirty } = await currentRevision(process.env, process.cwd());
    if (given.commit === undefined) return { commit, branch: given.branch ?? branch, dirty, note };
    return { commit: given.commit, branch: given.branch ?? null, dirty: null, note };
  }
}
