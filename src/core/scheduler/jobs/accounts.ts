import { isMember, keyOf, mostIdleMembers } from '../../base/payer.js';
import { RecentlyUsed } from '../../base/recently-used.js';
import { type KeyTerms, usualTerms } from './demand.js';
import { KeyAccount } from './key-account.js';

/** The accounts of all payers. Those of addresses and users are forgotten some time after their last job. */
export class Accounts<J> {
  #terms: ReadonlyMap<string, KeyTerms>;
  readonly #accounts = new Map<string, KeyAccount<J>>();
  /** Addresses and users without waiting and running jobs. */
  readonly #idle = new RecentlyUsed<true>(mostIdleMembers, (payer) => this.#accounts.delete(payer));

  /** @param terms by the names of keys; all others have the usual ones */
  constructor(terms: ReadonlyMap<string, KeyTerms>) {
    this.#terms = terms;
  }

  /** Those that are known. */
  get all(): Iterable<KeyAccount<J>> {
    return this.#accounts.values();
  }

  /** Changes the terms of all at once. */
  configure(terms: ReadonlyMap<string, KeyTerms>): void {
    this.#terms = terms;
    for (const account of this.all) account.terms = this.#termsOf(account.name);
  }

  /** Undefined if it has never had a job, or is forgotten. */
  find(payer: string): KeyAccount<J> | undefined {
    return this.#accounts.get(payer);
  }

  of(payer: string): KeyAccount<J> {
    const known = this.#accounts.get(payer);
    if (known !== undefined) return known;
    const account = new KeyAccount<J>(payer);
    account.terms = this.#termsOf(payer);
    this.#accounts.set(payer, account);
    this.rest(account);
    return account;
  }

  /** Has to be called before a job comes. */
  wake({ name }: KeyAccount<J>): void {
    this.#idle.delete(name);
  }

  /** Has to be called when a job has left. */
  rest({ name, waiting, running }: KeyAccount<J>): void {
    if (waiting === 0 && running === 0 && isMember(name)) this.#idle.set(name, true);
  }

  #termsOf(payer: string): KeyTerms {
    return this.#terms.get(keyOf(payer)) ?? usualTerms;
  }
}
