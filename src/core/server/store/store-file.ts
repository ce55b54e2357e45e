import { rmdirSync } from 'node:fs';
import sqlite from 'node-sqlite3-wasm';
import { messageOf } from '../../base/errors.js';
import { member } from '../../base/json.js';
import type { FileProblem } from './file-messages.js';
import { Statements } from './statements.js';
import { type CollectionName, collectionNames, type StoreLimits, ttlOf } from './store.js';
import { StoreTable } from './store-table.js';

/** Identifies the file's program: "chat". */
const applicationId = 0x63_68_61_74;

/**
 * Version of the tables. Must be increased when they, or the values in them, can no longer be read by an older version.
 */
const schemaVersion = 1;

/** How much free space in the file is given back to the disk at a time, in pages of 4 KiB. */
const vacuumedPages = 1000;

/** A file that cannot be used, and why. */
export class FileProblemError extends Error {
  readonly problem: FileProblem;

  constructor(problem: FileProblem) {
    super(problem.type);
    this.problem = problem;
  }
}

/**
 * An SQLite database with the stored values. All of it is synchronous and waits for the disk, so it belongs in a thread of
 * its own. Times are wall-clock times in milliseconds, because a file outlives its process.
 */
export class StoreFile {
  readonly #database: sqlite.Database;
  readonly #statements: Statements;
  readonly #tables: Readonly<Record<CollectionName, StoreTable>>;

  /**
   * The caller holds a lock on the file that keeps other processes out.
   *
   * @throws FileProblemError if it is not a file of this program, or damaged
   */
  constructor(path: string, limits: StoreLimits) {
    this.#database = openDatabase(path);
    this.#statements = new Statements(this.#database);
    try {
      this.#prepare();
      const table = (name: CollectionName): StoreTable =>
        new StoreTable(this.#statements, name, { ...limits, ttlMs: ttlOf(name, limits.ttlMs) });
      this.#tables = {
        responses: table('responses'),
        conversations: table('conversations'),
        feedback: table('feedback'),
      };
    } catch (error) {
      this.#close();
      throw error instanceof FileProblemError ? error : problemOf(error);
    }
  }

  table(name: CollectionName): StoreTable {
    return this.#tables[name];
  }

  /**
   * Does all of the work or nothing; once it returns, the changes are on the disk. @throws what `work` throws, or the
   * failure to write
   */
  transaction<T>(work: () => T): T {
    const tables = Object.values(this.#tables);
    for (const table of tables) table.begin();
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      for (const table of tables) table.undo();
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  /** Drops some of the expired values, and gives free space back. @returns whether there is more to do */
  sweep(nowMs: number): boolean {
    const hasMore = this.transaction(() =>
      Object.values(this.#tables)
        .map((table) => table.sweep(nowMs))
        .some(Boolean),
    );
    return hasMore || this.#shrink();
  }

  /** @returns whether there is more to be given back */
  #shrink(): boolean {
    const free = this.#pragma('freelist_count');
    if (free < vacuumedPages || free * 4 < this.#pragma('page_count')) return false;
    this.#database.exec(`PRAGMA incremental_vacuum(${vacuumedPages})`);
    return this.#pragma('freelist_count') < free;
  }

  close(): void {
    try {
      this.transaction(() => {
        for (const table of Object.values(this.#tables)) table.writeUses();
      });
    } finally {
      this.#close();
    }
  }

  #close(): void {
    this.#statements.finalize();
    this.#database.close();
  }

  #prepare(): void {
    const exec = (sql: string): void => {
      this.#database.exec(sql);
    };
    // Without it, the write-ahead log would need memory that processes share.
    exec('PRAGMA locking_mode = EXCLUSIVE');
    const owner = this.#pragma('application_id');
    const version = this.#pragma('user_version');
    const isNew = this.#pragma('schema_version') === 0;
    if (isNew && owner === 0 && version === 0) {
      exec('PRAGMA auto_vacuum = INCREMENTAL');
    } else if (owner !== applicationId) {
      throw new FileProblemError({ type: 'foreign' });
    } else if (version !== schemaVersion) {
      throw new FileProblemError({ type: 'version', version, supported: schemaVersion });
    }
    // One fsync per commit: the log is on the disk before a change is reported as stored.
    exec('PRAGMA journal_mode = WAL');
    exec('PRAGMA synchronous = FULL');
    exec('PRAGMA journal_size_limit = 16777216');
    exec('PRAGMA cache_size = -16000');
    // A table that was added later is created in older files; older versions leave it alone.
    const tables = this.#database.all(`SELECT name FROM sqlite_schema WHERE type = 'table'`);
    if (collectionNames.every((name) => tables.some((table) => table['name'] === name))) return;
    exec('BEGIN IMMEDIATE');
    for (const name of collectionNames) StoreTable.create(this.#database, name);
    exec(`PRAGMA application_id = ${applicationId}`);
    exec(`PRAGMA user_version = ${schemaVersion}`);
    exec('COMMIT');
  }

  #pragma(name: string): number {
    return Number(this.#database.get(`PRAGMA ${name}`)?.[name]);
  }
}

function openDatabase(path: string): sqlite.Database {
  try {
    removeStaleLock(`${path}.lock`);
    return new sqlite.Database(path);
  } catch (error) {
    throw problemOf(error);
  }
}

/** The library's own lock is an empty folder, which stays behind when a process is killed. */
function removeStaleLock(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (member(error, 'code') !== 'ENOENT') throw error;
  }
}

/** SQLite's own words distinguish a damaged file from a failing disk. */
function problemOf(error: unknown): FileProblemError {
  const reason = messageOf(error);
  if (reason.includes('not a database')) return new FileProblemError({ type: 'foreign' });
  if (reason.includes('malformed')) return new FileProblemError({ type: 'damaged', reason });
  return new FileProblemError({ type: 'unusable', reason });
}
