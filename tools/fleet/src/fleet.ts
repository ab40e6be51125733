import { readFile } from 'node:fs/promises';
import { control, controlFailure, type Controlled } from './control/api.ts';
import { FaultPlan } from './faults/plan.ts';
import { servedFiles } from './files/images.ts';
import { FileServer } from './files/server.ts';
import { selfSigned } from './http/certificate.ts';
import { HttpClient } from './http/client.ts';
import { hangUp, json, listen, type Call, type Handler, type Listener, type Reply } from './http/server.ts';
import { Ledger } from './ledger.ts';
import { boot } from './machine/boot-sequence.ts';
import { identify } from './machine/identity.ts';
import { Machine } from './machine/machine.ts';
import type { World } from './machine/world.ts';
import { defaultOptions, type FleetOptions } from './options.ts';
import { RedfishService } from './redfish/service.ts';
import { scaledTime, type SimulatedTime } from './time.ts';

const day = 86_400;

/** A running fleet. */
export interface Fleet {
  readonly options: FleetOptions;
  readonly world: World;
  /** By UUID, in order of their index. */
  readonly machines: ReadonlyMap<string, Machine>;
  readonly urls: FleetUrls;
  /** A machine by name. @throws when there is none */
  machine(name: string): Machine;
  /** Back to the factory: everything off and empty, no ledger, no faults. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export interface FleetUrls {
  /** BMCs and control API over HTTP. */
  readonly bmc: string;
  /** The same over HTTPS with a self-signed certificate. */
  readonly bmcTls: string;
  /** Where agents answer, below /agents/<uuid>. */
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
export async function startFleet(wanted: Partial<FleetOptions> = {}, time?: SimulatedTime): Promise<Fleet> {
  const options: FleetOptions = { ...defaultOptions, ...wanted };
  const clock = time ?? scaledTime(options.timeScale);
  const ledger = new Ledger(options.ledgerSize, clock);
  const faults = new FaultPlan(options.seed, clock, ({ id, kind }, machine, occasion) => {
    ledger.record(machine, 'fault', { id, kind, ...occasion });
  });
  if (options.faultsFile !== undefined) faults.add(JSON.parse(await readFile(options.faultsFile, 'utf8')) as unknown);

  const http = new HttpClient();
  const { advertise } = options;
  const agentKeys = newKeys('ipa-ramdisk', advertise ?? options.agentListen.host, clock);
  const bmcKeys = newKeys('fleet-bmc', advertise ?? options.listenTls.host, clock);
  const agents = { url: '', certificate: agentKeys.certificate };
  const world: World = { options, time: clock, ledger, faults, http, agents };
  const machines = new Map<string, Machine>();
  for (let index = 0; index < options.hosts; index++) {
    const machine = new Machine(identify(index, options), world, boot);
    machines.set(machine.identity.uuid, machine);
  }

  const redfish = new RedfishService(world, machines);
  const files = new FileServer(servedFiles(options.imageSize), faults, clock);
  const listeners: Listener[] = [];
  const close = async () => {
    await Promise.all([...machines.values()].map((machine) => machine.unplug()));
    http.close();
    await Promise.all(listeners.map((listener) => listener.close()));
  };
  try {
    const front: Handler = (call) => serve(call, redfish, files, controlled);
    listeners.push(await listen(options.listen, front, { advertise }));
    listeners.push(await listen(options.listenTls, front, { tls: bmcKeys, advertise }));
    listeners.push(
      await listen(options.agentListen, (call) => serveAgent(call, machines), { tls: agentKeys, advertise }),
    );
  } catch (error) {
    await close();
    throw error;
  }
  const [bmc = '', bmcTls = '', agentsUrl = ''] = listeners.map(({ url }) => url);
  agents.url = agentsUrl;
  const urls: FleetUrls = { bmc, bmcTls, agents: agentsUrl, files: `${bmc}/files`, control: `${bmc}/fleet` };

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

function newKeys(commonName: string, host: string, time: SimulatedTime) {
  const now = Math.floor(time.now() / 1000);
  // As the real agent: valid for 30 days, from an hour ago, since clocks differ.
  return selfSigned({
    commonName,
    names: host === '0.0.0.0' || host === '::' ? ['127.0.0.1', '::1'] : [host],
    notBefore: now - 3600,
    notAfter: now + 30 * day,
    curve: 'P-256',
  });
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

/** Requests to a machine on which no agent serves meet a closed connection, as they would in a data centre. */
function serveAgent(
  call: Call,
  machines: ReadonlyMap<string, Machine>,
): Promise<Reply | typeof hangUp> | typeof hangUp {
  const [, root, uuid = '', ...rest] = call.path.split('/');
  const running = root === 'agents' ? machines.get(uuid)?.running : undefined;
  return running?.kind === 'agent' ? running.agent.handle(call, `/${rest.join('/')}`) : hangUp;
}
