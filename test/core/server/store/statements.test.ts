import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sqlite from 'node-sqlite3-wasm';
import { expect, it, onTestFinished } from 'vitest';
import { Statements } from '../../../../src/core/server/store/statements.js';

interface Opened {
  readonly path: string;
  readonly database: sqlite.Database;
  readonly statements: Statements;
}

function open(): Opened {
  const folder = mkdtempSync(join(tmpdir(), 'chatstream-statements-'));
  const path = join(folder, 'store.db');
  const database = new sqlite.Database(path);
  onTestFinished(() => {
    if (database.isOpen) database.close();
    rmSync(folder, { recursive: true });
  });
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; CREATE TABLE t (id TEXT NOT NULL UNIQUE)');
  return { path, database, statements: new Statements(database) };
}

const insert = 'INSERT INTO t (id) VALUES (?)';
const remove = 'DELETE FROM t WHERE id >= ? RETURNING id';

it('yields rows, of a change as well, with other values each time', () => {
  const { database, statements } = open();
  database.exec('BEGIN');
  for (const id of ['a', 'b', 'c']) expect(statements.run(insert, [id])).toEqual([]);
  expect(statements.run(remove, ['b'])).toEqual([{ id: 'b' }, { id: 'c' }]);
  expect(statements.run(remove, ['b'])).toEqual([]);
  // Nothing is in progress any more.
  database.exec('COMMIT');
  expect(statements.run('SELECT id FROM t')).toEqual([{ id: 'a' }]);
});

it('can be used again after a failure', () => {
  const { statements } = open();
  statements.run(insert, ['a']);
  expect(() => statements.run(insert, ['a'])).toThrow(/UNIQUE/);
  statements.run(insert, ['b']);
  expect(() => statements.run('SELECT missing FROM t')).toThrow(/no such column/);
  expect(statements.run('SELECT id FROM t')).toEqual([{ id: 'a' }, { id: 'b' }]);
});

it('lets go of the file at the end', () => {
  const { path, database, statements } = open();
  statements.run(insert, ['a']);
  expect(existsSync(`${path}-wal`)).toBe(true);
  statements.finalize();
  database.close();
  expect(existsSync(`${path}-wal`)).toBe(false);
});
