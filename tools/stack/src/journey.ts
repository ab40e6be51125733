import type { KubeClient } from '@metal3/kube-client';
import { bareMetalHost, type BareMetalHost } from '@metal3/metal3-api';
import type { SimulatedMachine } from './data-centre.ts';
import { applyExample, kindOf, renderExample, type Values } from './examples.ts';
import { stateOf, type HostBoard } from './host-board.ts';

/** What a journey works with. */
export interface Traveller {
  readonly root: string;
  readonly client: KubeClient;
  readonly namespace: string;
  readonly fleetUrl: string;
  readonly machines: readonly SimulatedMachine[];
  /** Whether the cluster knows Cluster API's kinds; without them every host is given its image directly. Default true. */
  readonly clusterApi?: boolean;
  readonly board: HostBoard;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** One leg of the journey: what it does, and when it is over. */
export interface Leg {
  readonly name: string;
  readonly begin: (traveller: Traveller) => Promise<void>;
  readonly done: (hosts: readonly BareMetalHost[], traveller: Traveller) => boolean;
}

/** How long a leg took. */
export interface LegTime {
  readonly name: string;
  readonly seconds: number;
}

const toAvailable: Leg = {
  name: 'enrolled, inspected and cleaned: available',
  begin: async (traveller) => {
    await inParallel(traveller.machines, 20, async (machine, index) => {
      await applyExample(
        traveller.client,
        renderExample(traveller.root, 'hosts/host.yaml', hostValues(traveller, machine, index)),
      );
    });
    await applyExample(
      traveller.client,
      renderExample(traveller.root, 'ipam/pool.yaml', { NAMESPACE: traveller.namespace }),
    );
  },
  done: allIn('available'),
};

const toProvisioned: Leg = {
  name: 'image written and booted: provisioned',
  begin: async (traveller) => {
    const { client, root, namespace, machines } = traveller;
    await applyCluster(traveller);
    const direct = machines.slice(machinesOfCluster(traveller));
    await inParallel(direct, 20, async (machine, index) => {
      const objects = renderExample(root, 'hosts/image.yaml', hostValues(traveller, machine, index));
      await applyExample(client, objects, imageManager);
    });
    traveller.say(
      `${machinesOfCluster(traveller)} Metal3Machines and ${direct.length} BareMetalHosts with an image of their own in namespace ${namespace}`,
    );
  },
  done: allIn('provisioned'),
};

const toReleased: Leg = {
  name: 'released and cleaned: available again',
  begin: async (traveller) => {
    const { client, namespace, machines } = traveller;
    const count = machinesOfCluster(traveller);
    for (const name of machineNames(count)) await client.delete(metal3Machine, { namespace, name });
    await inParallel(machines.slice(count), 20, async ({ name }) => {
      const body = { spec: { image: null, userData: null } };
      await client.patch(bareMetalHost, { namespace, name }, { type: 'merge', body });
    });
  },
  done: allIn('available'),
};

const toDeleted: Leg = {
  name: 'deleted',
  begin: async ({ client, namespace, machines }) => {
    await inParallel(machines, 20, ({ name }) => client.delete(bareMetalHost, { namespace, name }));
  },
  done: (hosts) => hosts.length === 0,
};

/** From YAML to a running operating system. */
export const provisioning: readonly Leg[] = [toAvailable, toProvisioned];
/** And back. */
export const release: readonly Leg[] = [toReleased, toDeleted];

/** Travels the legs one after another; throws at the first that is not over in time. */
export async function travel(legs: readonly Leg[], traveller: Traveller): Promise<readonly LegTime[]> {
  const times: LegTime[] = [];
  for (const leg of legs) {
    const began = Date.now();
    await leg.begin(traveller);
    await traveller.board.until(leg.name, (hosts) => leg.done(hosts, traveller), traveller);
    const seconds = (Date.now() - began) / 1000;
    traveller.say(`${traveller.machines.length} hosts ${leg.name} after ${seconds.toFixed(1)} s`);
    times.push({ name: leg.name, seconds });
  }
  return times;
}

const imageManager = 'example-image';
const cluster = { apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'Cluster' };
const metal3Machine = kindOf({ apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta2', kind: 'Metal3Machine' });

/** How many of the hosts Metal3Machines take. */
export function clusterMachines(hosts: number): number {
  return hosts < 3 ? 0 : 2;
}

function machinesOfCluster({ machines, clusterApi = true }: Traveller): number {
  return clusterApi ? clusterMachines(machines.length) : 0;
}

function machineNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `demo-${index}`);
}

/** Cluster and Machines, with the owner references that Cluster API's managers would set. */
async function applyCluster(traveller: Traveller): Promise<void> {
  const { client, root, namespace, fleetUrl } = traveller;
  const names = machineNames(machinesOfCluster(traveller));
  if (names.length === 0) return;
  const values: Values = { NAMESPACE: namespace, FILES_URL: `${fleetUrl}/files` };
  const [owner, infrastructure] = await applyExample(client, renderExample(root, 'cluster-api/cluster.yaml', values));
  if (owner === undefined || infrastructure === undefined)
    throw new Error('examples/cluster-api/cluster.yaml must hold two objects');
  await own(client, owner, infrastructure);
  const body = { status: { initialization: { infrastructureProvisioned: true } } };
  await client.patchStatus(kindOf(cluster), { namespace, name: owner.metadata.name ?? '' }, { type: 'merge', body });
  for (const name of names) {
    const objects = await applyExample(
      client,
      renderExample(root, 'cluster-api/machine.yaml', { ...values, NAME: name }),
    );
    const machine = objects.find(({ kind }) => kind === 'Machine');
    const metal3 = objects.find(({ kind }) => kind === 'Metal3Machine');
    if (machine !== undefined && metal3 !== undefined) await own(client, machine, metal3);
  }
}

type Applied = Awaited<ReturnType<typeof applyExample>>[number];

async function own(client: KubeClient, owner: Applied, { apiVersion, kind, metadata }: Applied): Promise<void> {
  const { name = '', uid = '' } = owner.metadata;
  const reference = { apiVersion: owner.apiVersion, kind: owner.kind, name, uid, controller: true };
  const key = { namespace: metadata.namespace, name: metadata.name ?? '' };
  await client.patch(kindOf({ apiVersion, kind }), key, {
    type: 'merge',
    body: { metadata: { ownerReferences: [reference] } },
  });
}

function hostValues(traveller: Traveller, machine: SimulatedMachine, index: number): Values {
  const { namespace, fleetUrl } = traveller;
  return {
    NAMESPACE: namespace,
    NAME: machine.name,
    UUID: machine.uuid,
    BOOT_MAC: machine.bootMac,
    BMC_URL: fleetUrl,
    BMC_USERNAME: machine.account.username,
    BMC_PASSWORD: machine.account.password,
    FILES_URL: `${fleetUrl}/files`,
    PURPOSE: index < machinesOfCluster(traveller) ? 'cluster' : 'direct',
  };
}

function allIn(state: string): Leg['done'] {
  return (hosts, { machines }) => hosts.length === machines.length && hosts.every((host) => stateOf(host) === state);
}

async function inParallel<T>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<unknown>,
): Promise<void> {
  const queue = items.entries();
  await Promise.all(
    Array.from({ length: limit }, async () => {
      for (const [index, item] of queue) await work(item, index);
    }),
  );
}
