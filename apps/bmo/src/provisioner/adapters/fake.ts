import type { Json, JsonObject } from '../../kernel.ts';
import { changeFeed } from '../change-feed.ts';
import { ProvisionerError } from '../errors.ts';
import type { NodeFirmware } from '../firmware.ts';
import type { NodeInventory, NodePatch, NodePort, NodeSnapshot, PowerTarget, ProvisionVerb } from '../node.ts';
import type { Provisioner } from '../ports.ts';
import { fakeBmc, type FakeBmc } from './fake-bmc.ts';
import { object, snapshotOf, text } from './rest-nodes.ts';

/** One thing that was asked of the fake, for tests to look at. */
export interface FakeCall {
  readonly node: string;
  readonly what: string;
}

/** An Ironic in memory whose work is done when a test says so. */
export interface FakeIronic extends Provisioner {
  /** What was passed on to BMCs. */
  readonly bmc: FakeBmc;
  readonly calls: readonly FakeCall[];
  readonly nodes: ReadonlyMap<string, NodeSnapshot>;
  /** Ends what is under way on every node: successfully, or with this error. */
  settle(error?: string): void;
  /** What inspection will find. */
  inventory: NodeInventory | undefined;
  /** The database is gone. */
  wipe(): void;
  /** While set, every call fails with this. */
  down: ProvisionerError | undefined;
  /** Changes a node behind everybody's back. */
  disturb(uuid: string, change: Partial<NodeSnapshot>): void;
  configDriveOf(uuid: string): Json | undefined;
  /** What the BMC of a node tells of its firmware; applying settings changes it. */
  setFirmware(uuid: string, firmware: NodeFirmware): void;
  /** BIOS settings that are applied are not taken. */
  stubborn: boolean;
  /** Arguments of the last verb of this name on a node. */
  argumentsOf(uuid: string, verb: ProvisionVerb): JsonObject | undefined;
}

interface Transition {
  readonly from: readonly string[];
  readonly via: string;
  readonly done: string;
  readonly failed: string;
}

const transitions: Readonly<Record<Exclude<ProvisionVerb, 'abort'>, Transition>> = {
  manage: {
    from: ['enroll', 'available', 'inspect failed', 'clean failed', 'adopt failed'],
    via: 'verifying',
    done: 'manageable',
    failed: 'enroll',
  },
  inspect: { from: ['manageable', 'inspect failed'], via: 'inspecting', done: 'manageable', failed: 'inspect failed' },
  provide: { from: ['manageable'], via: 'cleaning', done: 'available', failed: 'clean failed' },
  clean: { from: ['manageable'], via: 'cleaning', done: 'manageable', failed: 'clean failed' },
  active: { from: ['available', 'deploy failed'], via: 'deploying', done: 'active', failed: 'deploy failed' },
  deleted: {
    from: ['active', 'deploy failed', 'wait call-back', 'error'],
    via: 'deleting',
    done: 'available',
    failed: 'error',
  },
  service: { from: ['active', 'service failed'], via: 'servicing', done: 'active', failed: 'service failed' },
  adopt: { from: ['manageable', 'adopt failed'], via: 'adopting', done: 'active', failed: 'adopt failed' },
};

/** @param nextUuid makes node ids, for tests that run beside each other */
export function fakeIronic({ nextUuid }: { readonly nextUuid: () => string }): FakeIronic {
  const feed = changeFeed();
  const nodes = new Map<string, NodeSnapshot>();
  const ports: NodePort[] = [];
  const underWay = new Map<string, (error: string) => Partial<NodeSnapshot>>();
  const inventories = new Map<string, NodeInventory>();
  const firmwares = new Map<string, NodeFirmware>();
  const asked = new Map<string, JsonObject>();
  const drives = new Map<string, Json>();
  const calls: FakeCall[] = [];

  const put = (node: NodeSnapshot): NodeSnapshot => {
    const next = { ...node, revision: node.revision + 1n };
    nodes.set(node.uuid, next);
    feed.tell({ kind: 'changed', uuid: node.uuid, name: node.name, provisionState: node.provisionState });
    return next;
  };
  const log = (node: string, what: string): void => {
    if (fake.down !== undefined) throw fake.down;
    calls.push({ node, what });
  };
  const current = (node: NodeSnapshot): NodeSnapshot => {
    const known = nodes.get(node.uuid);
    if (known === undefined) throw new ProvisionerError('absent', `Node ${node.uuid} could not be found.`);
    if (known.revision !== node.revision) throw new ProvisionerError('busy', `Node ${node.uuid} has changed.`);
    return known;
  };
  const begin = (node: NodeSnapshot, verb: Exclude<ProvisionVerb, 'abort'>): NodeSnapshot => {
    const { from, via, done, failed } = transitions[verb];
    if (!from.includes(node.provisionState)) {
      throw new ProvisionerError(
        'refused',
        `"${verb}" can not be performed while the node is in state "${node.provisionState}"`,
      );
    }
    const known = verb === 'manage' && node.provisionState !== 'enroll';
    if (known) return put({ ...node, provisionState: done, targetProvisionState: '', lastError: '' });
    underWay.set(node.uuid, (error) => {
      if (error !== '') return { provisionState: failed, lastError: error };
      if (verb === 'clean' || verb === 'service') applySettings(node.uuid, verb);
      if (verb === 'inspect' && fake.inventory !== undefined) inventories.set(node.uuid, fake.inventory);
      const power = { manage: 'power off', active: 'power on', deleted: 'power off', inspect: 'power off' }[
        verb as string
      ];
      const known = verb === 'manage' && node.powerState !== '' ? node.powerState : power;
      return { provisionState: done, ...(known === undefined ? {} : { powerState: known }) };
    });
    return put({ ...node, provisionState: via, targetProvisionState: done, lastError: '' });
  };

  const applySettings = (uuid: string, verb: 'clean' | 'service'): void => {
    const steps = asked.get(`${uuid} ${verb}`)?.[`${verb}_steps`] as readonly JsonObject[] | undefined;
    const args = steps?.find(({ interface: on }) => on === 'bios')?.['args'] as JsonObject | undefined;
    const firmware = firmwares.get(uuid);
    if (args === undefined || firmware === undefined) return;
    const wanted = new Map((args['settings'] as readonly JsonObject[]).map(({ name, value }) => [name, value]));
    const settings = firmware.settings.map((setting) =>
      wanted.has(setting.name) ? { ...setting, value: String(wanted.get(setting.name)) } : setting,
    );
    if (!fake.stubborn) firmwares.set(uuid, { ...firmware, settings });
  };

  const bmc = fakeBmc({ log, change: (uuid, change) => fake.disturb(uuid, change), nodes });
  const fake: FakeIronic = {
    ...bmc.port,
    bmc,
    calls,
    nodes,
    inventory: undefined,
    stubborn: false,
    down: undefined,
    features: { disablePowerOff: true, health: true, abortDeploy: true },

    settle(error = '') {
      bmc.settle(error);
      for (const [uuid, finish] of [...underWay]) {
        underWay.delete(uuid);
        const node = nodes.get(uuid);
        if (node !== undefined) put({ ...node, targetProvisionState: '', targetPowerState: '', ...finish(error) });
      }
    },
    wipe() {
      for (const { uuid, name } of nodes.values()) feed.tell({ kind: 'deleted', uuid, name });
      nodes.clear();
      ports.length = 0;
      underWay.clear();
      inventories.clear();
    },
    disturb(uuid, change) {
      const node = nodes.get(uuid);
      if (node !== undefined) put({ ...node, ...change });
    },
    configDriveOf: (uuid) => drives.get(uuid),
    argumentsOf: (uuid, verb) => asked.get(`${uuid} ${verb}`),
    setFirmware: (uuid, firmware) => void firmwares.set(uuid, firmware),

    async findNode(ident) {
      if (fake.down !== undefined) throw fake.down;
      return nodes.get(ident) ?? [...nodes.values()].find(({ name }) => name === ident);
    },
    async createNode(body) {
      log(text(body['name']), 'create');
      if ([...nodes.values()].some(({ name }) => name === body['name'])) {
        throw new ProvisionerError('conflict', `A node with name ${text(body['name'])} already exists.`);
      }
      return put(masked({ ...snapshotOf({ ...body, uuid: nextUuid() }), provisionState: 'enroll' }));
    },
    async patchNode(node, patch) {
      log(node.name, 'patch');
      return put(masked(patched(current(node), patch)));
    },
    async deleteNode(node) {
      log(node.name, 'delete');
      if (nodes.delete(node.uuid)) feed.tell({ kind: 'deleted', uuid: node.uuid, name: node.name });
    },
    async setProvisionState(node, verb, args) {
      log(node.name, verb);
      const known = current(node);
      if (args !== undefined) asked.set(`${node.uuid} ${verb}`, args);
      if (args?.['configdrive'] !== undefined) drives.set(node.uuid, args['configdrive']);
      if (verb !== 'abort') return begin(known, verb);
      if (node.provisionState === 'service failed') return put({ ...known, provisionState: 'active', lastError: '' });
      const failed = node.provisionState.startsWith('service') ? 'service failed' : 'inspect failed';
      underWay.set(node.uuid, () => ({ provisionState: failed, lastError: 'The operation was aborted' }));
      return known;
    },
    async setPowerState(node, target) {
      log(node.name, target);
      underWay.set(node.uuid, (error) => (error === '' ? { powerState: outcome(target) } : { lastError: error }));
      return put({ ...current(node), targetPowerState: target, lastError: '' });
    },
    async setMaintenance(node, maintenance) {
      log(node.name, maintenance ? 'maintenance on' : 'maintenance off');
      return put({ ...current(node), maintenance });
    },
    async setTargetRaid(node, config) {
      log(node.name, 'target raid');
      return put({ ...current(node), targetRaid: config });
    },
    async validate() {
      return [];
    },
    async findInventory(node) {
      return inventories.get(node.uuid);
    },
    async readFirmware(node) {
      return firmwares.get(node.uuid) ?? { settings: [], components: [] };
    },
    async listPorts({ nodeUuid, address }) {
      return ports.filter(
        (port) => (nodeUuid ?? port.nodeUuid) === port.nodeUuid && (address ?? port.address) === port.address,
      );
    },
    async createPort({ nodeUuid, address }) {
      log(nodes.get(nodeUuid)?.name ?? '', 'create port');
      ports.push({ uuid: nextUuid(), nodeUuid, address });
    },
    async listActivity() {
      return [...nodes.values()];
    },
    changes: (signal) => feed.follow(signal),
    progressOf: (uuid) => nodes.get(uuid)?.progress ?? '',
  };
  return fake;
}

function outcome(target: PowerTarget): string {
  return target === 'power off' || target === 'soft power off' ? 'power off' : 'power on';
}

/** Passwords cannot be read back. */
function masked(node: NodeSnapshot): NodeSnapshot {
  const entries = Object.entries(node.driverInfo).map(([key, value]) => [
    key,
    key.endsWith('password') ? '******' : value,
  ]);
  return { ...node, driverInfo: Object.fromEntries(entries) as JsonObject };
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function patched(node: NodeSnapshot, patch: NodePatch): NodeSnapshot {
  const body: Record<string, unknown> = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [snakeCase(key), value]),
  );
  for (const operation of patch) {
    const [, top = '', key] = operation.path.split('/');
    const value = operation.op === 'add' ? operation.value : null;
    if (key === undefined) body[top] = value;
    else body[top] = { ...object(body[top] as Json), [key]: value };
  }
  const next = snapshotOf(body as JsonObject);
  const withoutNulls = (fields: JsonObject) =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
  return {
    ...next,
    revision: node.revision,
    cleanStep: node.cleanStep,
    inspectionFinishedAt: node.inspectionFinishedAt,
    targetRaid: node.targetRaid,
    driverInfo: withoutNulls(next.driverInfo),
    instanceInfo: withoutNulls(next.instanceInfo),
  };
}
