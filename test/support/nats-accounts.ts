import { randomBytes } from 'node:crypto';
import { createAccount, createOperator, createUser, type KeyPair } from '@nats-io/nkeys';

/** An operator, an account and a user of NATS, as `nsc` would make them. */
export interface NatsAccounts {
  /** A configuration by which a server accepts the account's users, and no others. */
  readonly serverConfig: string;
  /** What stands in the credentials file of a user of the account. */
  readonly credentials: string;
  /** The same for a user of an account that the server does not know. */
  readonly foreignCredentials: string;
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** @param storage the folder for JetStream, which the account may use without limits */
export function natsAccounts(storage: string): NatsAccounts {
  const [operator, system, account, foreign] = [createOperator(), createAccount(), createAccount(), createAccount()];
  const limits = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
  const storageLimits = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
  const operatorJwt = jwt(operator, operator, 'operator', { system_account: system.getPublicKey() });
  const systemJwt = jwt(operator, system, 'account', { limits });
  const accountJwt = jwt(operator, account, 'account', { limits: { ...limits, ...storageLimits } });
  return {
    serverConfig: `operator: "${operatorJwt}"
system_account: ${system.getPublicKey()}
resolver: MEMORY
resolver_preload: {
  ${system.getPublicKey()}: "${systemJwt}"
  ${account.getPublicKey()}: "${accountJwt}"
}
jetstream: { store_dir: "${storage}" }
`,
    credentials: credentialsOf(account),
    foreignCredentials: credentialsOf(foreign),
  };
}

function credentialsOf(account: KeyPair): string {
  const user = createUser();
  const userJwt = jwt(account, user, 'user', { subs: -1, data: -1, payload: -1 });
  return `-----BEGIN NATS USER JWT-----
${userJwt}
------END NATS USER JWT------

-----BEGIN USER NKEY SEED-----
${text(user.getSeed())}
------END USER NKEY SEED------
`;
}

/** Claims about a subject, signed by its issuer. */
function jwt(issuer: KeyPair, subject: KeyPair, type: 'operator' | 'account' | 'user', claims: object): string {
  const header = { typ: 'JWT', alg: 'ed25519-nkey' };
  const payload = {
    ...{ jti: randomBytes(16).toString('hex'), iat: Math.floor(Date.now() / 1000), name: type },
    ...{ iss: issuer.getPublicKey(), sub: subject.getPublicKey(), nats: { ...claims, type, version: 2 } },
  };
  const parts = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${parts}.${Buffer.from(issuer.sign(Buffer.from(parts))).toString('base64url')}`;
}
