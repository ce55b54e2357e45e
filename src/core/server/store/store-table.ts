import type { Database } from 'node-sqlite3-wasm';
import type { Statements } from './statements.js';
import type { CollectionName, StoreLimits } from './store.js';

/**
 * The space that an entry takes in the file besides its value: its id, twice, two indexes, and the free space in pages.
 */
const overheadBytes = 256;

/** How many expired values one transaction drops, so that nothing has to wait long for it. */
const sweptValues = 500;

interface Totals {
  readonly values: number;
  readonly bytes: number;
}

interface Dropped {
  readonly rowId: number;
  readonly usedMs: number;
}

/** The values of one collection. Whatever changes them is called within a transaction. */
export class StoreTable {
  readonly #statements: Statements;
  readonly #name: CollectionName;
  readonly #limits: StoreLimits;
  #totals: Totals;
  #before: Totals;
  /** The time of the latest use; no two uses have the same, so that there is an order. */
  #latestMs: number;
  /** When values were last used, as far as the file does not say so yet. */
  #uses = new Map<string, number>();

  constructor(statements: Statements, name: CollectionName, limits: StoreLimits) {
    this.#statements = statements;
    this.#name = name;
    this.#limits = limits;
    const sql = `SELECT count(*) AS n, sum(bytes) AS bytes, max(used_ms) AS used_ms FROM ${name}`;
    const [row] = statements.run(sql);
    this.#totals = { values: Number(row?.['n']), bytes: Number(row?.['bytes'] ?? 0) };
    this.#before = this.#totals;
    this.#latestMs = Number(row?.['used_ms'] ?? 0);
  }

  static create(database: Database, name: CollectionName): void {
    database.exec(`
      CREATE TABLE IF NOT EXISTS ${name} (id TEXT NOT NULL UNIQUE, used_ms REAL NOT NULL, bytes INTEGER NOT NULL, value TEXT NOT NULL);
      CREATE INDEX IF NOT EXISTS ${name}_by_use ON ${name} (used_ms, bytes);
    `);
  }

  get totals(): Totals {
    return this.#totals;
  }

  begin(): void {
    this.#before = this.#totals;
  }

  /** What was done since {@link begin} was not. Uses are kept to be written later. */
  undo(): void {
    this.#totals = this.#before;
  }

  get(id: string, nowMs: number): string | null {
    const [row] = this.#statements.run(`SELECT used_ms, value FROM ${this.#name} WHERE id = ?`, [id]);
    if (typeof row?.['value'] !== 'string') return null;
    if (this.#isExpired(this.#uses.get(id) ?? Number(row['used_ms']), nowMs)) return null;
    this.#uses.set(id, this.#useMs(nowMs));
    return row['value'];
  }

  /** @throws Error if the value is larger than the whole table may be */
  set(id: string, json: string, nowMs: number): void {
    const bytes = Buffer.byteLength(json) + overheadBytes;
    if (bytes > this.#limits.mostBytes) throw new Error(`a value of ${bytes} bytes is too large for the store`);
    this.writeUses();
    // Without a row that it replaces, SQLite gives it a number after all others.
    const rowId = this.#drop('id = ?', [id])[0]?.rowId ?? null;
    const row = [rowId, id, this.#useMs(nowMs), bytes, json];
    this.#statements.run(`INSERT INTO ${this.#name} (rowid, id, used_ms, bytes, value) VALUES (?, ?, ?, ?, ?)`, row);
    this.#count(1, bytes);
    while (this.#totals.values > this.#limits.mostValues || this.#totals.bytes > this.#limits.mostBytes) {
      const oldest = `SELECT rowid FROM ${this.#name} ORDER BY used_ms LIMIT 1`;
      if (this.#drop(`rowid = (${oldest})`, []).length === 0) break;
    }
  }

  /** @returns whether there was such a value that had not expired */
  delete(id: string, nowMs: number): boolean {
    const usedMs = this.#uses.get(id);
    const [row] = this.#drop('id = ?', [id]);
    return row !== undefined && !this.#isExpired(usedMs ?? row.usedMs, nowMs);
  }

  /** A JSON array of some values, in the order in which they came; null if there is no value `after`. */
  list(after: string | null, most: number, nowMs: number): string | null {
    const before =
      after === null ? 0 : this.#statements.run(`SELECT rowid FROM ${this.#name} WHERE id = ?`, [after])[0]?.['rowid'];
    if (typeof before !== 'number') return null;
    const { ttlMs } = this.#limits;
    const sql = `SELECT value FROM ${this.#name} WHERE rowid > ? AND used_ms > ? ORDER BY rowid LIMIT ?`;
    const rows = this.#statements.run(sql, [before, ttlMs === 0 ? -1 : nowMs - ttlMs, most]);
    return `[${rows.flatMap(({ value }) => (typeof value === 'string' ? value : [])).join(',')}]`;
  }

  /** Drops some of what has expired. @returns whether there may be more */
  sweep(nowMs: number): boolean {
    this.writeUses();
    const { ttlMs } = this.#limits;
    if (ttlMs === 0) return false;
    const expired = `SELECT rowid FROM ${this.#name} WHERE used_ms <= ? ORDER BY used_ms LIMIT ${sweptValues}`;
    return this.#drop(`rowid IN (${expired})`, [nowMs - ttlMs]).length === sweptValues;
  }

  writeUses(): void {
    if (this.#uses.size === 0) return;
    for (const [id, usedMs] of this.#uses) {
      this.#statements.run(`UPDATE ${this.#name} SET used_ms = ? WHERE id = ?`, [usedMs, id]);
    }
    // If the transaction fails, these uses are lost, which only lets their values expire sooner.
    this.#uses = new Map();
  }

  /** @param which a condition of SQL, with `values` for its question marks */
  #drop(which: string, values: readonly (string | number)[]): readonly Dropped[] {
    const sql = `DELETE FROM ${this.#name} WHERE ${which} RETURNING rowid, id, used_ms, bytes`;
    return this.#statements.run(sql, values).map(({ rowid, id, used_ms: usedMs, bytes }) => {
      if (typeof id === 'string') this.#uses.delete(id);
      this.#count(-1, -Number(bytes));
      return { rowId: Number(rowid), usedMs: Number(usedMs) };
    });
  }

  #count(values: number, bytes: number): void {
    this.#totals = { values: this.#totals.values + values, bytes: this.#totals.bytes + bytes };
  }

  #useMs(nowMs: number): number {
    this.#latestMs = Math.max(nowMs, this.#latestMs + 0.001);
    return this.#latestMs;
  }

  #isExpired(usedMs: number, nowMs: number): boolean {
    const { ttlMs } = this.#limits;
    return ttlMs !== 0 && usedMs <= nowMs - ttlMs;
  }
}
