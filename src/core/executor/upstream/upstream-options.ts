import { ChatstreamError } from '../../base/errors.js';

/** A model under the name by which clients ask for it. */
interface OfferedModel {
  readonly name: string;
  /** What the upstream calls it; null for the one that it has. */
  readonly upstreamName: string | null;
}

/** A server that generates for this one. */
export interface UpstreamOptions {
  /** Unique; the host and the port unless another was given. */
  readonly name: string;
  /** Without a path that ends in `/v1`, and without a slash at the end. */
  readonly baseUrl: string;
  /** Generations that it gets at once, 1 or more; null to ask it. */
  readonly slots: number | null;
  /** The models that are used of it; empty for all. */
  readonly models: readonly OfferedModel[];
  /** Its key; null for none. */
  readonly key: string | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

const mostSlots = 10_000;
const example = 'Write it as http://gpu1:8080, or http://gpu1:8080,slots=4,model=chat,key=env:GPU1_KEY.';

/**
 * Reads `URL[,name=NAME][,slots=N][,model=NAME[=UPSTREAM-NAME]]…[,key=env:VARIABLE]`.
 *
 * @param environment where keys are taken from: on a command line, everyone on the machine could read them
 * @throws ChatstreamError `usage`
 */
export function parseUpstream(text: string, environment: Environment): UpstreamOptions {
  const [address = '', ...settings] = text.split(',').map((part) => part.trim());
  const url = urlOf(address);
  let name = url.host;
  let slots: number | null = null;
  let key: string | null = null;
  const models: OfferedModel[] = [];
  for (const setting of settings) {
    const [option = '', ...rest] = setting.split('=');
    const value = rest.join('=');
    switch (option) {
      case 'name':
        if (!/^[\w.:[\]-]{1,100}$/.test(value)) throw wrongError(address, 'its name is not one word');
        name = value;
        break;
      case 'slots':
        slots = /^\d+$/.test(value) ? Number(value) : 0;
        if (slots < 1 || slots > mostSlots) throw wrongError(address, `slots is not a number from 1 to ${mostSlots}`);
        break;
      case 'model':
        models.push(modelOf(value, address));
        break;
      case 'key':
        key = keyOf(value, address, environment);
        break;
      default:
        throw wrongError(address, `"${option}" is not a setting`);
    }
  }
  const path = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '');
  return { name, baseUrl: `${url.origin}${path}`, slots, models, key };
}

/** The same for several. @throws ChatstreamError `usage` also if two have the same name */
export function parseUpstreams(texts: readonly string[], environment: Environment): readonly UpstreamOptions[] {
  const upstreams = texts.map((text) => parseUpstream(text, environment));
  const names = upstreams.map(({ name }) => name);
  const twin = names.find((name, index) => names.indexOf(name) !== index);
  if (twin === undefined) return upstreams;
  throw new ChatstreamError('usage', `Two upstreams have the name "${twin}".`, { hint: 'Give one of them a name=….' });
}

/** No message repeats the whole URL, which may contain a password. */
function urlOf(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new ChatstreamError('usage', 'An --upstream does not begin with the URL of a server.', { hint: example });
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw wrongError(url.host, 'its URL has more than a host, a port and a path');
  }
  return url;
}

function modelOf(value: string, address: string): OfferedModel {
  const [name = '', ...rest] = value.split('=');
  const upstreamName = rest.length === 0 ? null : rest.join('=');
  if (name === '' || upstreamName === '') throw wrongError(address, 'model has no name');
  return { name, upstreamName };
}

function keyOf(value: string, address: string, environment: Environment): string {
  const variable = /^env:(\w+)$/.exec(value)?.[1];
  if (variable === undefined) throw wrongError(address, 'key is not env: and the name of a variable');
  const key = environment[variable];
  if (key !== undefined && key !== '') return key;
  throw wrongError(address, `the variable ${variable} is empty or not set`);
}

function wrongError(address: string, problem: string): ChatstreamError {
  return new ChatstreamError('usage', `--upstream ${address}: ${problem}.`, { hint: example });
}
