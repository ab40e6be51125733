import type { BareMetalHost, BareMetalHostStatus } from '@metal3/metal3-api';
import type { Clock } from '@metal3/service';
import type { ReachedOverV6 } from '../bmc/names.ts';
import type { NodeInventory, NodeSnapshot } from '../provisioner/node.ts';
import type { Provisioner } from '../provisioner/ports.ts';
import { decideCredentials, type CredentialsDecision } from './credentials/decide.ts';
import type { MediaObservation } from './data-image/decide.ts';
import type { HostMemory } from './memory.ts';
import type { HostStore } from './ports.ts';
import { matches } from './registration/decide.ts';
import { portsFingerprint, wantedPorts } from './registration/ensure-ports.ts';
import { findNode } from './registration/find-node.ts';
import { knowsNode, stateOf } from './states.ts';
import { readAgentNetwork } from './registration/agent-network.ts';
import type { AgentNetwork, BmcObservation, HostSettings, HostView } from './view.ts';

/** What has been found out about a host in the course of one pass; decisions see it as a `HostView`. */
export interface Findings {
  host: BareMetalHost;
  status: BareMetalHostStatus;
  memory: HostMemory;
  bmc: BmcObservation | undefined;
  /** As the host was when the pass began. */
  readonly triedBefore: BareMetalHostStatus['triedCredentials'];
  node: NodeSnapshot | undefined;
  rival: string | undefined;
  nodeSought: boolean;
  /** A change of the node has been asked for in this pass. */
  reconfigured: boolean;
  agentNetwork: AgentNetwork | undefined;
  inventory: NodeInventory | 'absent' | undefined;
  hasCapacity: boolean | undefined;
  biosSettings: ReadonlyMap<string, string> | undefined;
  media: MediaObservation | undefined;
}

export function beginFindings(host: BareMetalHost, status: BareMetalHostStatus, memory: HostMemory): Findings {
  return {
    host,
    status,
    memory,
    bmc: undefined,
    triedBefore: status.triedCredentials,
    node: undefined,
    rival: undefined,
    nodeSought: false,
    reconfigured: false,
    agentNetwork: undefined,
    inventory: undefined,
    hasCapacity: undefined,
    biosSettings: undefined,
    media: undefined,
  };
}

export interface Eyes {
  readonly store: HostStore;
  readonly provisioner: Provisioner;
  readonly settings: HostSettings;
  readonly clock: Pick<Clock, 'now'>;
  readonly reachedOverV6: ReachedOverV6;
  /** Told when the Secret could not be read at all. */
  readonly credentialsUnreadable?: () => void;
}

export type Observation =
  | { readonly kind: 'seen'; readonly view: HostView }
  | { readonly kind: 'no-credentials'; readonly problem: Extract<CredentialsDecision, { kind: 'unusable' }> };

/** Looks at what the next decision needs and has not been looked at in this pass. */
export async function observe(findings: Findings, eyes: Eyes): Promise<Observation> {
  const { store, provisioner, settings, clock } = eyes;
  const { host } = findings;
  const deleting = host.metadata.deletionTimestamp !== undefined;
  const state = stateOf(findings.status);
  if (state === undefined) {
    throw new TypeError(`status.provisioning.state "${findings.status.provisioning.state}" is unknown to this release`);
  }

  if (findings.bmc === undefined && knowsNode(state)) {
    const seen = await observeBmc(host, eyes, !(deleting && state === 'deleting'));
    if (seen.kind === 'unusable' && !deleting) return { kind: 'no-credentials', problem: seen };
    findings.bmc = seen.kind === 'unusable' ? { kind: 'none' } : seen;
  }
  if (!findings.nodeSought && knowsNode(state)) {
    Object.assign(findings, await findNode(host, findings.status.provisioning.ID, provisioner));
    findings.nodeSought = true;
  }
  const { node, bmc = { kind: 'none' } } = findings;
  if (node !== undefined && findings.status.provisioning.ID !== node.uuid) {
    findings.status = { ...findings.status, provisioning: { ...findings.status.provisioning, ID: node.uuid } };
  }

  const hardwareData = store.findHardwareData(host);
  const hardware = findings.status.hardware ?? hardwareData?.spec.hardware;
  const { ports, powerAsked, rebootsServed = [] } = findings.memory;
  // Read again in every pass: the Secret may have changed, and an empty one is filled by whoever made it.
  findings.agentNetwork ??= knowsNode(state) && !deleting ? await readAgentNetwork(host, store) : { kind: 'unsaid' };
  const view: HostView = {
    host,
    status: findings.status,
    state,
    deleting,
    bmc,
    hardwareData,
    node,
    rival: findings.rival,
    agentNetwork: findings.agentNetwork,
    bmcSharedWith: store.findBmcSharer(host),
    inventory: findings.inventory,
    firmware: store.findFirmware(host),
    biosSettings: findings.biosSettings,
    biosApplied: findings.memory.biosApplied,
    preprovisioningImage: settings.buildsImages ? store.findImage(host) : undefined,
    dataImage: store.findDataImage(host),
    media: findings.media,
    mediaAsked: findings.memory.mediaAsked,
    portsEnsured: node !== undefined && ports === portsFingerprint(node, wantedPorts(host, hardware)),
    credentialsChanged: bmc.kind === 'known' && !matches(findings.triedBefore, bmc.secret),
    reconfigured: findings.reconfigured,
    powerAsked: powerAsked !== undefined && powerAsked.node === node?.uuid ? powerAsked.to : undefined,
    rebootsServed,
    hasCapacity: findings.hasCapacity,
    features: provisioner.features,
    settings,
    now: clock.now() / 1000,
  };
  return { kind: 'seen', view };
}

async function observeBmc(
  host: BareMetalHost,
  { store, settings, reachedOverV6, credentialsUnreadable }: Eyes,
  claim: boolean,
): Promise<Extract<BmcObservation, { kind: 'known' }> | Extract<CredentialsDecision, { kind: 'unusable' }>> {
  const { address = '', credentialsName = '' } = host.spec.bmc ?? {};
  const reading = credentialsName === '' ? undefined : store.findCredentials(host, claim);
  const secret = await reading?.catch((error: unknown) => {
    credentialsUnreadable?.();
    throw error;
  });
  const decision = decideCredentials({ address, credentialsName, secret: secret?.data });
  if (decision.kind === 'unusable' || secret === undefined) {
    return decision.kind === 'unusable'
      ? decision
      : { kind: 'unusable', problem: 'missing', message: 'the Secret has gone' };
  }
  const { access, credentials } = decision;
  const overV6 = settings.externalUrlV6 === '' ? undefined : await reachedOverV6(access.address.hostname);
  return { kind: 'known', access, credentials, secret: secret.version, overV6 };
}
