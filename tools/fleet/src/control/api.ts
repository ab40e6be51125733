import { FaultError, faultKinds } from '../faults/plan.ts';
import { json, type Call, type Reply } from '../http/server.ts';
import type { ManagedMachine } from '../machine/managed-machine.ts';
import { resetTypes } from '../machine/state.ts';
import type { World } from '../machine/world.ts';
import { manifests } from './manifests.ts';
import { details, summary } from './views.ts';

/** What the control API shows and turns. */
export interface Controlled {
  readonly world: World;
  /** By UUID, in order of their index. */
  readonly machines: ReadonlyMap<string, ManagedMachine>;
  readonly redfishRequests: Readonly<Record<string, number>>;
  readonly urls: Readonly<Record<'bmc' | 'bmcTls' | 'agents' | 'files', string>>;
  readonly files: () => readonly { path: string; size: number }[];
  /** Turns all machines back to how they left the factory, and forgets ledger, counters and faults. */
  reset(): Promise<void>;
}

/** The API below /fleet: for the people and tests that own the data centre. Listens on loopback unless told otherwise. */
export async function control(fleet: Controlled, call: Call, path: string): Promise<Reply> {
  const [, resource = '', name, action] = path.replace(/\/+$/, '').split('/');
  const route = `${call.method === 'HEAD' ? 'GET' : call.method} ${resource}`;
  switch (route) {
    case 'GET ':
      return json(200, { machines: fleet.machines.size, urls: fleet.urls, files: fleet.files(), faultKinds });
    case 'GET machines':
      return name === undefined ? machines(fleet, call) : json(200, await details(find(fleet, name)));
    case 'POST machines':
      return act(find(fleet, name ?? ''), action, call);
    case 'GET ledger':
      return ledger(fleet, call);
    case 'GET counters':
      return json(200, counters(fleet));
    case 'GET faults':
      return json(200, { faults: fleet.world.faults.list() });
    case 'POST faults':
      return json(201, { faults: fleet.world.faults.add(parse(call)) });
    case 'DELETE faults':
      return json(200, {
        cleared: fleet.world.faults.clear(name === undefined ? undefined : decodeURIComponent(name)),
      });
    case 'POST reset':
      await fleet.reset();
      return { status: 204 };
    case 'GET manifests':
      return yaml(fleet, call);
    default:
      return json(404, { error: `there is no ${call.method} /fleet/${resource}; see GET /fleet` });
  }
}

/** A control request nobody can carry out. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The reply to a request that failed. */
export function controlFailure(error: unknown): Reply {
  if (error instanceof ControlError) return json(error.status, { error: error.message });
  if (error instanceof FaultError) return json(400, { error: error.message });
  throw error;
}

function find({ machines: all }: Controlled, name: string): ManagedMachine {
  const wanted = decodeURIComponent(name);
  const found = all.get(wanted) ?? [...all.values()].find((machine) => machine.name === wanted);
  if (found === undefined) throw new ControlError(404, `there is no machine ${wanted}`);
  return found;
}

function machines({ machines: all }: Controlled, { query }: Call): Reply {
  const running = query.get('running');
  const chosen = [...all.values()].filter((machine) => running === null || machine.running.kind === running);
  return json(200, { machines: chosen.map(summary) });
}

async function act(machine: ManagedMachine, action: string | undefined, call: Call): Promise<Reply> {
  if (action !== 'power')
    throw new ControlError(404, 'machines take POST /fleet/machines/<name>/power {"reset": "On"}');
  const { reset } = parse(call) as { reset?: unknown };
  const type = resetTypes.find((known) => known === reset);
  if (type === undefined) throw new ControlError(400, `reset must be one of ${resetTypes.join(', ')}`);
  await machine.reset(type, 'control');
  return json(200, summary(machine));
}

function ledger({ world }: Controlled, { query }: Call): Reply {
  const text = (name: string) => query.get(name) ?? undefined;
  const number = (name: string) => {
    const value = text(name);
    if (value !== undefined && !/^\d+$/.test(value)) throw new ControlError(400, `${name} must be a whole number`);
    return value === undefined ? undefined : Number(value);
  };
  const query_ = { machine: text('machine'), event: text('event'), after: number('after'), limit: number('limit') };
  return json(200, { entries: world.ledger.find(query_) });
}

function counters({ world, machines: all, redfishRequests }: Controlled): Record<string, unknown> {
  const running: Record<string, number> = {};
  const perMachine: Record<string, number> = {};
  let total = 0;
  for (const machine of all.values()) {
    running[machine.running.kind] = (running[machine.running.kind] ?? 0) + 1;
    if (machine.redfishRequests > 0) perMachine[machine.name] = machine.redfishRequests;
    total += machine.redfishRequests;
  }
  return {
    machines: all.size,
    running,
    events: world.ledger.counts(),
    redfish: { attributed: total, byMethod: redfishRequests, perMachine },
    memory: process.memoryUsage(),
    cpuSeconds: Number(((process.cpuUsage().user + process.cpuUsage().system) / 1e6).toFixed(3)),
  };
}

function yaml({ machines: all, urls }: Controlled, { query }: Call): Reply {
  const image = query.get('image') ?? 'none';
  if (image !== 'none' && image !== 'raw' && image !== 'qcow2')
    throw new ControlError(400, 'image must be none, raw or qcow2');
  const body = manifests(
    [...all.values()].map(({ identity }) => identity),
    {
      namespace: query.get('namespace') ?? 'metal3',
      bmcUrl: query.get('tls') === 'true' ? urls.bmcTls : urls.bmc,
      filesUrl: urls.files,
      image,
      online: query.get('online') !== 'false',
      driver: query.get('driver') ?? 'redfish-virtualmedia',
    },
  );
  return { status: 200, headers: { 'content-type': 'application/yaml' }, body };
}

function parse({ body }: Call): unknown {
  try {
    return body.length === 0 ? {} : (JSON.parse(body.toString('utf8')) as unknown);
  } catch {
    throw new ControlError(400, 'the body is not JSON');
  }
}
