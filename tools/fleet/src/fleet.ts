import { readFile } from 'node:fs/promises';
import { agentEndpoints } from './agent/endpoints.ts';
import { control, controlFailure, type Controlled } from './control/api.ts';
import { FaultPlan } from './faults/plan.ts';
import { servedFiles } from './files/images.ts';
import { FileServer } from './files/server.ts';
import { HttpClient } from './http/client.ts';
import { keysFor } from './http/keys.ts';
import { json, listen, type Call, type hangUp, type Handler, type Listener, type Reply } from './http/server.ts';
import { Ledger } from './ledger.ts';
import { boot } from './machine/boot-sequence.ts';
import { identify, type MachineIdentity } from './machine/identity.ts';
import { Machine } from './machine/machine.ts';
import type { ManagedMachine } from './machine/managed-machine.ts';
import type { World } from './machine/world.ts';
import { defaultOptions, type FleetOptions } from './options.ts';
import { RedfishService } from './redfish/service.ts';
import { scaledTime, type SimulatedTime } from './time.ts';

/** A running fleet, of simulated machines unless `Kind` says otherwise. */
export interface Fleet<Kind extends ManagedMachine = Machine> {
  readonly options: FleetOptions;
  readonly world: World;
  /** By UUID, in order of their index. */
  readonly machines: ReadonlyMap<string, Kind>;
  readonly urls: FleetUrls;
  /** A machine by name. @throws when there is none */
  machine(name: string): Kind;
  /** Back to the factory: everything off and empty, no ledger, no faults. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export interface FleetUrls {
  /** BMCs and control API over HTTP. */
  readonly bmc: string;
  /** The same over HTTPS with a self-signed certificate. */
  readonly bmcTls: string;
  /** Where agents answer, below /agents/<uuid>; empty when each has an address of its own. */
  readonly agents: string;
  /** Test images, agent kernel and ramdisk. */
  readonly files: string;
  readonly control: string;
}

/**
 * Starts a data centre in this process.
 * @param time replaces the clock, for tests; by default real timers scaled by `timeScale`
 * @throws when an address is taken or the fault file makes no sense
 */
export function startFleet(wanted: Partial<FleetOptions> = {}, time?: SimulatedTime): Promise<Fleet> {
  return startFleetOf((identity, world) => new Machine(identity, world, boot), wanted, time);
}

/** The same with machines of another make behind the BMCs. */
export async function startFleetOf<Kind extends ManagedMachine>(
  build: (identity: MachineIdentity, world: World) => Kind,
  wanted: Partial<FleetOptions> = {},
  time?: SimulatedTime,
): Promise<Fleet<Kind>> {
  const options: FleetOptions = { ...defaultOptions, ...wanted };
  const clock = time ?? scaledTime(options.timeScale);
  const ledger = new Ledger(options.ledgerSize, clock);
  const faults = new FaultPlan(options.seed, clock, ({ id, kind }, machine, occasion) => {
    ledger.record(machine, 'fault', { id, kind, ...occasion });
  });
  if (options.faultsFile !== undefined) faults.add(JSON.parse(await readFile(options.faultsFile, 'utf8')) as unknown);

  const http = new HttpClient();
  const agents = await agentEndpoints(options, clock);
  const world: World = { options, time: clock, ledger, faults, http, agents };
  const machines = new Map<string, Kind>();
  for (let index = 0; index < options.hosts; index++) {
    const machine = build(identify(index, options), world);
    machines.set(machine.identity.uuid, machine);
  }

  const redfish = new RedfishService(world, machines);
  const files = new FileServer(servedFiles(options.imageSize), faults, clock);
  const listeners: Listener[] = [];
  const close = async () => {
    await Promise.all([...machines.values()].map((machine) => machine.unplug()));
    http.close();
    await Promise.all([agents, ...listeners].map((listener) => listener.close()));
  };
  try {
    const front: Handler = (call) => serve(call, redfish, files, controlled);
    const { advertise } = options;
    const accepts = () => faults.take('bmc.tls-error', 'tls') === undefined;
    const tls = keysFor('fleet-bmc', advertise ?? options.listenTls.host, clock);
    listeners.push(await listen(options.listen, front, { advertise }));
    listeners.push(await listen(options.listenTls, front, { tls, advertise, accepts }));
  } catch (error) {
    await close();
    throw error;
  }
  const [bmc = '', bmcTls = ''] = listeners.map(({ url }) => url);
  const urls: FleetUrls = { bmc, bmcTls, agents: agents.url, files: `${bmc}/files`, control: `${bmc}/fleet` };

  const reset = async () => {
    faults.clear();
    await Promise.all([...machines.values()].map((machine) => machine.toFactory()));
    redfish.forget();
    ledger.clear();
  };
  const controlled: Controlled = {
    world,
    machines,
    redfishRequests: redfish.requests,
    urls,
    files: () => files.list(),
    reset,
  };
  const machine = (name: string) => {
    const found = [...machines.values()].find((candidate) => candidate.name === name);
    if (found === undefined) throw new Error(`the fleet has no machine ${name}`);
    return found;
  };
  return { options, world, machines, urls, machine, reset, close };
}

async function serve(
  call: Call,
  redfish: RedfishService,
  files: FileServer,
  fleet: Controlled,
): Promise<Reply | typeof hangUp> {
  const { path } = call;
  if (path === '/redfish' || path.startsWith('/redfish/')) return redfish.handle(call);
  if (path === '/files' || path.startsWith('/files/')) return files.handle(call, path.slice('/files'.length));
  if (path === '/fleet' || path.startsWith('/fleet/')) {
    try {
      return await control(fleet, call, path.slice('/fleet'.length));
    } catch (error) {
      return controlFailure(error);
    }
  }
  return json(404, { error: 'the fleet serves /redfish/v1/, /files/ and /fleet' });
}
