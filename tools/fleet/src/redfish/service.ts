import { gzipSync } from 'node:zlib';
import { hangUp, json, type Call, type Reply } from '../http/server.ts';
import type { ManagedMachine } from '../machine/managed-machine.ts';
import type { World } from '../machine/world.ts';
import { Access, type Principal, type Session } from './access.ts';
import { Bmc } from './bmc.ts';
import { RedfishError } from './error.ts';
import { bodyOf, commonHeaders, ok, only, perform } from './reply.ts';
import { collection, link, type RedfishRequest } from './request.ts';
import { odata, serviceRoot, sessionService } from './root.ts';
import { findRoute } from './routes.ts';

const prefix = '/redfish/v1';
const sessionsPath = `${prefix}/SessionService/Sessions`;
const ownerCollections: Readonly<Record<string, string>> = {
  Systems: 'ComputerSystem',
  Managers: 'Manager',
  Chassis: 'Chassis',
};

/** The Redfish service in front of all BMCs: who asks, about which machine, faults, then the resource. */
export class RedfishService {
  readonly #world: World;
  readonly #machines: ReadonlyMap<string, ManagedMachine>;
  readonly #access: Access;
  readonly #bmcs = new Map<ManagedMachine, Bmc>();
  readonly requests: Record<string, number> = {};

  constructor(world: World, machines: ReadonlyMap<string, ManagedMachine>) {
    this.#world = world;
    this.#machines = machines;
    this.#access = new Access(world.time);
    for (const machine of machines.values()) this.#access.register(machine);
  }

  /** Forgets what BMCs remember beside their machines, and the counts; sessions stay. */
  forget(): void {
    for (const { machine } of this.#bmcs.values()) machine.onChange = undefined;
    this.#bmcs.clear();
    for (const method of Object.keys(this.requests)) delete this.requests[method];
  }

  async handle(call: Call): Promise<Reply | typeof hangUp> {
    this.requests[call.method] = (this.requests[call.method] ?? 0) + 1;
    try {
      return await this.#handle(call);
    } catch (error) {
      if (error instanceof RedfishError) return error.reply();
      throw error;
    }
  }

  async #handle(call: Call): Promise<Reply | typeof hangUp> {
    const path = call.path.replace(/\/+$/, '');
    if (path === '/redfish') return ok({ v1: `${prefix}/` });
    if (path !== prefix && !path.startsWith(`${prefix}/`)) throw new RedfishError('ResourceMissingAtURI', [call.path]);
    const parts = path.slice(prefix.length + 1).split('/');
    const { seed, personalities: dealt } = this.#world.options;
    if (path === prefix) return only(call, 'GET', () => ok(serviceRoot(seed, dealt)));
    if (path === `${prefix}/odata`) return only(call, 'GET', () => ok(odata()));
    if (path === sessionsPath && call.method === 'POST') return this.#login(call);

    const named =
      this.#machines.get(parts[1]?.split('.')[0] ?? '') ?? this.#machines.get(parts[2]?.split('.')[0] ?? '');
    let principal: Principal;
    try {
      principal = this.#access.authenticate(call);
    } catch (error) {
      if (named !== undefined) named.redfishRequests++;
      throw error;
    }
    const machine = this.#chosen(named, principal, call);
    if (machine === undefined) return this.#serve(call, parts, undefined, principal);
    machine.redfishRequests++;
    return this.#withFaults(machine, call, principal, () => this.#serve(call, parts, machine, principal));
  }

  /** The machine a request is about, which must be one the account is for. */
  #chosen(named: ManagedMachine | undefined, { machine }: Principal, call: Call): ManagedMachine | undefined {
    if (named !== undefined && machine !== undefined && named !== machine) {
      throw new RedfishError('ResourceMissingAtURI', [call.path]);
    }
    if (named !== undefined || machine !== undefined) return named ?? machine;
    // An account for all BMCs may name the machine in the targets of an update.
    const target =
      call.method === 'POST' ? /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(call.body.toString('utf8')) : null;
    return target === null ? undefined : this.#machines.get(target[0]);
  }

  async #withFaults(
    machine: ManagedMachine,
    call: Call,
    { session }: Principal,
    serve: () => Promise<Reply | typeof hangUp>,
  ): Promise<Reply | typeof hangUp> {
    const { faults, time } = this.#world;
    const occasion = { path: call.path, method: call.method };
    const slow = faults.take('bmc.slow', machine.name, occasion);
    if (slow !== undefined) await time.passReal(slow.delay ?? 5, call.signal);
    if (faults.take('bmc.refused', machine.name, occasion) !== undefined) return hangUp;
    const status = faults.take('bmc.status', machine.name, occasion);
    if (status !== undefined) {
      const { status: code = 503, message } = status;
      if (code === 503)
        throw new RedfishError('ServiceTemporarilyUnavailable', ['1'], { headers: { 'retry-after': '1' } });
      throw new RedfishError('GeneralError', [message ?? ''], { status: code });
    }
    if (faults.take('bmc.wrong-credentials', machine.name, occasion) !== undefined)
      throw new RedfishError('NoValidSession');
    if (session !== undefined && faults.take('bmc.expired-session', machine.name, occasion) !== undefined) {
      this.#access.close(session);
      throw new RedfishError('NoValidSession');
    }
    const tagged = call.method === 'PATCH' && call.headers['if-match'] !== undefined;
    if (tagged && faults.take('bmc.stale-etag', machine.name, occasion) !== undefined) {
      throw new RedfishError('PreconditionFailed');
    }
    const lost = faults.take('bmc.lost-response', machine.name, occasion);
    const reply = await serve();
    return lost === undefined ? reply : hangUp;
  }

  async #serve(
    call: Call,
    parts: readonly string[],
    machine: ManagedMachine | undefined,
    principal: Principal,
  ): Promise<Reply> {
    const [first = ''] = parts;
    const type = ownerCollections[first];
    if (type !== undefined && parts.length === 1) return only(call, 'GET', () => this.#owners(first, type, principal));
    if (first === 'SessionService') return this.#sessions(call, parts, principal);
    if (machine?.personality.refusesIdentityEncoding === true && call.headers['accept-encoding'] === 'identity') {
      throw new RedfishError('GeneralError', ['Identity encoding is not acceptable.'], { status: 406 });
    }
    const match = findRoute(parts);
    if (match === undefined || machine === undefined) throw new RedfishError('ResourceMissingAtURI', [call.path]);
    const request: RedfishRequest = {
      bmc: this.#bmc(machine),
      machine,
      call,
      params: match.params,
      body: call.method === 'GET' || call.method === 'HEAD' ? {} : bodyOf(call),
    };
    const reply = await perform(match, request);
    return machine.personality.refusesIdentityEncoding ? zipped(reply) : reply;
  }

  #bmc(machine: ManagedMachine): Bmc {
    const known = this.#bmcs.get(machine);
    if (known !== undefined) return known;
    const made = new Bmc(machine);
    made.endSessions = () => this.#access.list(machine).forEach((session) => this.#access.close(session));
    this.#bmcs.set(machine, made);
    return made;
  }

  #owners(name: string, type: string, { machine }: Principal): Reply {
    const seen = machine === undefined ? [...this.#machines.keys()] : [machine.identity.uuid];
    return ok(
      collection(
        `${prefix}/${name}`,
        `${type}Collection`,
        name,
        seen.map((uuid) => `${prefix}/${name}/${uuid}`),
      ),
    );
  }

  async #login(call: Call): Promise<Reply | typeof hangUp> {
    const { UserName: username, Password: password } = bodyOf(call);
    for (const [name, value] of Object.entries({ UserName: username, Password: password })) {
      if (value === undefined) throw new RedfishError('PropertyMissing', [name]);
      if (typeof value !== 'string') throw new RedfishError('PropertyValueTypeError', ['***', name]);
    }
    const principal = this.#access.check(String(username), String(password));
    const login = () => {
      const session = this.#access.open(principal);
      const location = `${sessionsPath}/${session.id}`;
      return Promise.resolve(
        json(201, sessionBody(session), { ...commonHeaders, 'x-auth-token': session.token, location }),
      );
    };
    if (principal.machine === undefined) return login();
    principal.machine.redfishRequests++;
    return this.#withFaults(principal.machine, call, principal, login);
  }

  #sessions(call: Call, parts: readonly string[], { machine }: Principal): Reply {
    if (parts.length === 1) return only(call, 'GET', () => ok(sessionService()));
    if (parts[1] !== 'Sessions' || parts.length > 3) throw new RedfishError('ResourceMissingAtURI', [call.path]);
    const own = this.#access.list(machine);
    if (parts.length === 2) {
      const members = own.map(({ id }) => `${sessionsPath}/${id}`);
      return only(call, 'GET, POST', () => ok(collection(sessionsPath, 'SessionCollection', 'Sessions', members)));
    }
    const session = own.find(({ id }) => id === parts[2]);
    if (session === undefined) throw new RedfishError('ResourceMissingAtURI', [call.path]);
    if (call.method !== 'DELETE') return only(call, 'GET, DELETE', () => ok(sessionBody(session)));
    this.#access.close(session);
    return { status: 204, headers: commonHeaders };
  }
}

function sessionBody({ id, username, createdAt }: Session): Record<string, unknown> {
  return {
    ...link(`${sessionsPath}/${id}`),
    '@odata.type': '#Session.v1_7_0.Session',
    Id: id,
    Name: `Session of ${username}`,
    UserName: username,
    CreatedTime: createdAt,
  };
}

function zipped(reply: Reply): Reply {
  if (reply.body === undefined) return reply;
  return { ...reply, body: gzipSync(reply.body), headers: { ...reply.headers, 'content-encoding': 'gzip' } };
}
