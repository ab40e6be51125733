import { fakeHardware, type Node, nodeUuid, redfishHardware, resolveInterfaces } from '@metal3/node';
import type { Decision, Seen } from '../work/decision.ts';
import { emptyJournal, type Journal } from '../work/journal.ts';
import { defaultPolicy } from '../work/policy.ts';

/** A moment in the life of a node, for tables: only what matters is said. */
export const now = 1_000_000;

export const someNode: Node = {
  id: 1,
  uuid: nodeUuid('11111111-2222-4333-8444-555555555555'),
  revision: 1,
  createdAt: 0,
  updatedAt: null,
  name: 'host',
  driver: 'redfish',
  driverInfo: {},
  instanceInfo: {},
  properties: {},
  extra: {},
  networkData: {},
  interfaces: { ...resolveInterfaces(redfishHardware, { deploy: 'direct' }).interfaces, boot: 'redfish-virtual-media' },
  instanceUuid: null,
  instanceName: null,
  chassisUuid: null,
  resourceClass: null,
  conductorGroup: '',
  maintenance: false,
  automatedClean: null,
  protected: false,
  protectedReason: null,
  retired: false,
  retiredReason: null,
  owner: null,
  lessee: null,
  description: null,
  shard: null,
  parentNode: null,
  disablePowerOff: false,
  consoleEnabled: false,
  provisionState: 'manageable',
  targetProvisionState: null,
  provisionUpdatedAt: null,
  powerState: 'power off',
  targetPowerState: null,
  bootMode: null,
  secureBoot: null,
  lastError: null,
  maintenanceReason: null,
  fault: null,
  health: null,
  cleanStep: null,
  deployStep: null,
  serviceStep: null,
  raidConfig: {},
  targetRaidConfig: {},
  inspectionStartedAt: null,
  inspectionFinishedAt: null,
  driverInternalInfo: {},
  progress: null,
  allocationUuid: null,
  traits: [],
  agent: null,
  reservation: null,
  hasConfigDrive: false,
};

export const fakeInterfaces = resolveInterfaces(fakeHardware, {}).interfaces;

export const runningAgent: NonNullable<Node['agent']> = {
  url: 'https://192.0.2.9:9999',
  version: '13.0.0',
  verifyCa: null,
  tokenIssued: true,
  tokenPregenerated: true,
  status: null,
  statusMessage: null,
  lastHeartbeat: now - 1_000,
};

export function seen(
  known: Omit<Partial<Seen>, 'node' | 'journal'> & { node?: Partial<Node>; journal?: Partial<Journal> },
): Seen {
  const { node, journal, ...rest } = known;
  return {
    kind: 'clean',
    args: {},
    policy: defaultPolicy,
    inspectionData: false,
    power: null,
    syncDue: false,
    now,
    ...rest,
    node: { ...someNode, ...node },
    journal: { ...emptyJournal, ...journal },
  };
}

/** What a table needs to see of a decision: the effect, what is waited for, how it ends. */
export function gist(decision: Decision): string {
  switch (decision.kind) {
    case 'effect':
      return `effect ${JSON.stringify(decision.effect)}`;
    case 'wait':
      return `wait for ${decision.awaited}`;
    case 'note':
      return decision.journal.failure === null ? 'note' : `fail: ${decision.journal.failure.error}`;
    case 'follow':
      return `follow with ${decision.work.kind}`;
    case 'end':
      return `end with ${decision.change.event ?? 'nothing'}`;
  }
}
