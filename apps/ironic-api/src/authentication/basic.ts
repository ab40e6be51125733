import { createHmac, randomBytes } from 'node:crypto';
import { compare } from 'bcryptjs';
import { Fault } from '../faults.ts';
import type { Principal } from '../http/route.ts';

/** bcrypt hashes as Apache's htpasswd -B writes them; the other formats are refused, as upstream does. */
const bcryptHash = /^\$2[aby]\$\d{2}\$[./A-Za-z0-9]{53}$/;

/**
 * The users of an htpasswd file.
 *
 * @throws Error naming the line that holds no `name:bcrypt-hash`
 */
export function parseHtpasswd(text: string): ReadonlyMap<string, string> {
  const users = new Map<string, string>();
  text.split('\n').forEach((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return;
    const colon = line.indexOf(':');
    const hash = line.slice(colon + 1);
    if (colon < 1 || !bcryptHash.test(hash)) {
      throw new Error(
        `line ${index + 1} of the htpasswd file is not "name:bcrypt hash"; write it with htpasswd -nbB NAME PASSWORD`,
      );
    }
    users.set(line.slice(0, colon), hash);
  });
  return users;
}

const mostRemembered = 256;

/**
 * HTTP basic authentication. A bcrypt check costs tens of milliseconds of CPU, so a verified pair is remembered, under a keyed digest
 * that is worthless outside this process; a changed hash in the file makes it forgotten.
 *
 * @param readFile the htpasswd file as it is now; asked on every request, so it should be cheap while nothing changes
 */
export function basicAuthentication(readFile: () => ReadonlyMap<string, string>) {
  const key = randomBytes(32);
  const verified = new Set<string>();

  return async (authorization: string | undefined): Promise<Principal> => {
    const { name, password } = readCredentials(authorization);
    const hash = readFile().get(name);
    if (hash === undefined) {
      // An unknown name must cost what a wrong password costs, or names could be found by timing.
      await compare(password, someHash);
      throw wrong();
    }
    const memory = createHmac('sha256', key).update(`${name}\0${hash}\0${password}`).digest('base64');
    if (!verified.has(memory)) {
      if (!(await compare(password, hash.replace(/^\$2y\$/, '$2b$')))) throw wrong();
      if (verified.size >= mostRemembered) verified.delete(verified.values().next().value ?? '');
      verified.add(memory);
    }
    return { name };
  };
}

/** Of no password anybody knows. */
const someHash = '$2b$10$abcdefghijklmnopqrstuuGNk8xZPQ1mlhVZhOhZ1C9oZC1o1rYdi';

const wrong = () => new Fault('unauthorized', 'Incorrect username or password', 'basic');

function readCredentials(authorization: string | undefined): { readonly name: string; readonly password: string } {
  if (authorization === undefined || authorization === '')
    throw new Fault('unauthorized', 'Authorization required', 'basic');
  const [scheme, encoded, ...rest] = authorization.trim().split(/\s+/);
  if (encoded === undefined || rest.length > 0) throw malformed('Could not parse Authorization header');
  if (scheme?.toLowerCase() !== 'basic') throw malformed('Unsupported authorization type: only Basic is accepted');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(encoded)) throw malformed('Could not decode authorization token');
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon === -1) throw malformed('Could not parse decoded auth token');
  return { name: pair.slice(0, colon), password: pair.slice(colon + 1) };
}

const malformed = (message: string) => new Fault('invalid-argument', message, 'basic');

const everybody: Principal = { name: 'admin' };
/** No authentication: every caller is the administrator. */
export const noAuthentication = (): Principal => everybody;
