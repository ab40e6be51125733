import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Call } from '../http/server.ts';
import type { ManagedMachine } from '../machine/managed-machine.ts';
import type { SimulatedTime } from '../time.ts';
import { RedfishError } from './error.ts';

/** Who is asking: the account of one BMC, or one that is good for all of them. */
export interface Principal {
  readonly username: string;
  /** Undefined for an account shared by all BMCs. */
  readonly machine: ManagedMachine | undefined;
  readonly session: Session | undefined;
}

export interface Session {
  readonly id: string;
  readonly token: string;
  readonly username: string;
  readonly machine: ManagedMachine | undefined;
  readonly createdAt: string;
  usedAt: number;
}

/** Seconds without use after which a session ends. */
export const sessionTimeout = 1800;
/** Sessions one BMC account may have at a time; session tables of real BMCs are about this small. */
const sessionsPerBmc = 16;
const challenge = { 'www-authenticate': 'Basic realm="Redfish"' };

/** Accounts and sessions of all BMCs. */
export class Access {
  readonly #time: SimulatedTime;
  readonly #accounts = new Map<string, { digest: Buffer; machine: ManagedMachine | undefined }>();
  readonly #sessions = new Map<string, Session>();
  readonly #basic = new Map<string, Principal>();
  #count = 0;

  constructor(time: SimulatedTime) {
    this.#time = time;
  }

  /** Gives a machine's BMC its account; a user name that comes twice becomes an account for all. */
  register(machine: ManagedMachine): void {
    const { username, password } = machine.identity.account;
    const shared = this.#accounts.has(username);
    this.#accounts.set(username, { digest: digest(password), machine: shared ? undefined : machine });
  }

  /** The principal of a request. @throws RedfishError 401 */
  authenticate(call: Call): Principal {
    const token = call.headers['x-auth-token'];
    if (typeof token === 'string') return this.#bySession(token);
    const authorization = call.headers.authorization;
    if (authorization?.startsWith('Basic ') !== true)
      throw new RedfishError('NoValidSession', [], { headers: challenge });
    const known = this.#basic.get(authorization);
    if (known !== undefined) return known;
    const text = Buffer.from(authorization.slice(6), 'base64').toString('utf8');
    const colon = text.indexOf(':');
    const principal = this.check(text.slice(0, colon), text.slice(colon + 1));
    this.#basic.set(authorization, principal);
    return principal;
  }

  /** @throws RedfishError 401 when user name and password do not belong together */
  check(username: string, password: string): Principal {
    const account = this.#accounts.get(username);
    if (account === undefined || !timingSafeEqual(account.digest, digest(password))) {
      throw new RedfishError('NoValidSession', [], { headers: challenge });
    }
    return { username, machine: account.machine, session: undefined };
  }

  /** @throws RedfishError 503 when the session table is full */
  open({ username, machine }: Principal): Session {
    this.#expire();
    if (machine !== undefined && this.list(machine).length >= sessionsPerBmc)
      throw new RedfishError('SessionLimitExceeded');
    const session: Session = {
      id: String(++this.#count),
      token: randomBytes(18).toString('base64url'),
      username,
      machine,
      createdAt: new Date(this.#time.now()).toISOString(),
      usedAt: this.#time.now(),
    };
    this.#sessions.set(session.token, session);
    return session;
  }

  close({ token }: Session): void {
    this.#sessions.delete(token);
  }

  /** The sessions a principal may see. */
  list(machine: ManagedMachine | undefined): Session[] {
    return [...this.#sessions.values()].filter((session) => machine === undefined || session.machine === machine);
  }

  #bySession(token: string): Principal {
    const session = this.#sessions.get(token);
    if (session === undefined || this.#time.now() - session.usedAt > sessionTimeout * 1000) {
      if (session !== undefined) this.#sessions.delete(token);
      throw new RedfishError('NoValidSession', [], { headers: challenge });
    }
    session.usedAt = this.#time.now();
    return { username: session.username, machine: session.machine, session };
  }

  #expire(): void {
    const oldest = this.#time.now() - sessionTimeout * 1000;
    for (const [token, { usedAt }] of this.#sessions) if (usedAt < oldest) this.#sessions.delete(token);
  }
}

const digest = (password: string) => createHash('sha256').update(password).digest();
