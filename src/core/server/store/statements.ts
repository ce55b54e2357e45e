import type { Database, JSValue, QueryResult, Statement } from 'node-sqlite3-wasm';

/** Prepares each statement only once, because parsing it takes as long as running it. */
export class Statements {
  readonly #database: Database;
  readonly #prepared = new Map<string, Statement>();

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Runs a statement to its end, so that none is in progress when the transaction is committed.
   *
   * @returns the rows that it yields
   * @throws Error if it fails; it is prepared again when it is used next
   */
  run(sql: string, values: readonly JSValue[] = []): readonly QueryResult[] {
    const statement = this.#prepared.get(sql) ?? this.#database.prepare(sql);
    this.#prepared.set(sql, statement);
    try {
      return statement.all([...values]);
    } catch (error) {
      this.#prepared.delete(sql);
      finalize(statement);
      throw error;
    }
  }

  /** To be called before the database is closed: with a statement left, SQLite would keep the file open. */
  finalize(): void {
    for (const statement of this.#prepared.values()) finalize(statement);
    this.#prepared.clear();
  }
}

function finalize(statement: Statement): void {
  try {
    statement.finalize();
  } catch {
    // It reports once more the error with which the statement has failed.
  }
}
