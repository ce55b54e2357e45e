import type { Database } from 'node-sqlite3-wasm';
import type { CollectionName, StoreLimits } from './store.js';

/** What an entry takes in the file besides its value: its id, twice, two indexes, and the space that pages leave free. */
const overheadBytes = 256;

/** How many expired values one transaction drops, so that nothing has to wait long for it. */
const sweptValues = 500;

interface Totals {
  readonly values: number;
  readonly bytes: number;
}

/** The values of one collection. Whatever changes them is called within a transaction. */
export class StoreTable {
  readonly #database: Database;
  readonly #name: CollectionName;
  readonly #limits: StoreLimits;
  #totals: Totals;
  #before: Totals;
  /** The time of the latest use; no two uses have the same, so that there is an order. */
  #latestMs: number;
  /** When values were last used, as far as that is not in the file yet. */
  #uses = new Map<string, number>();

  constructor(database: Database, name: CollectionName, limits: StoreLimits) {
    this.#database = database;
    this.#name = name;
    this.#limits = limits;
    const row = database.get(`SELECT count(*) AS n, sum(bytes) AS bytes, max(used_ms) AS used_ms FROM ${name}`);
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
    const row = this.#database.get(`SELECT used_ms, value FROM ${this.#name} WHERE id = ?`, id);
    if (row === null || typeof row['value'] !== 'string') return null;
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
    const rowId = this.#drop(id)?.rowId ?? null;
    const row = [rowId, id, this.#useMs(nowMs), bytes, json];
    this.#database.run(`INSERT INTO ${this.#name} (rowid, id, used_ms, bytes, value) VALUES (?, ?, ?, ?, ?)`, row);
    this.#count(1, bytes);
    while (this.#totals.values > this.#limits.mostValues || this.#totals.bytes > this.#limits.mostBytes) {
      const oldest = this.#database.get(`SELECT id FROM ${this.#name} ORDER BY used_ms LIMIT 1`);
      if (typeof oldest?.['id'] !== 'string') break;
      this.#drop(oldest['id']);
    }
  }

  /** @returns whether there was such a value that had not expired */
  delete(id: string, nowMs: number): boolean {
    const usedMs = this.#uses.get(id);
    const row = this.#drop(id);
    return row !== null && !this.#isExpired(usedMs ?? row.usedMs, nowMs);
  }

  /** A JSON array of some values, in the order in which they came; null if there is no value `after`. */
  list(after: string | null, most: number, nowMs: number): string | null {
    const before =
      after === null ? 0 : this.#database.get(`SELECT rowid FROM ${this.#name} WHERE id = ?`, after)?.['rowid'];
    if (typeof before !== 'number') return null;
    const { ttlMs } = this.#limits;
    const sql = `SELECT value FROM ${this.#name} WHERE rowid > ? AND used_ms > ? ORDER BY rowid LIMIT ?`;
    const rows = this.#database.all(sql, [before, ttlMs === 0 ? -1 : nowMs - ttlMs, most]);
    return `[${rows.flatMap(({ value }) => (typeof value === 'string' ? value : [])).join(',')}]`;
  }

  /** Drops some of what has expired. @returns whether there may be more */
  sweep(nowMs: number): boolean {
    this.writeUses();
    const { ttlMs } = this.#limits;
    if (ttlMs === 0) return false;
    const sql = `SELECT id FROM ${this.#name} WHERE used_ms <= ? ORDER BY used_ms LIMIT ${sweptValues}`;
    const expired = this.#database.all(sql, nowMs - ttlMs);
    for (const { id } of expired) if (typeof id === 'string') this.#drop(id);
    return expired.length === sweptValues;
  }

  writeUses(): void {
    if (this.#uses.size === 0) return;
    for (const [id, usedMs] of this.#uses) {
      this.#database.run(`UPDATE ${this.#name} SET used_ms = ? WHERE id = ?`, [usedMs, id]);
    }
    // If the transaction fails, these uses are lost, which only lets their values expire sooner.
    this.#uses = new Map();
  }

  #drop(id: string): { readonly rowId: number; readonly usedMs: number } | null {
    this.#uses.delete(id);
    const row = this.#database.get(`SELECT rowid, used_ms, bytes FROM ${this.#name} WHERE id = ?`, id);
    if (row === null) return null;
    this.#database.run(`DELETE FROM ${this.#name} WHERE id = ?`, id);
    this.#count(-1, -Number(row['bytes']));
    return { rowId: Number(row['rowid']), usedMs: Number(row['used_ms']) };
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
