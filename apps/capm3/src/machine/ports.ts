import type { ObjectKey } from '@metal3/kube-client';
import type { BareMetalHost, Metal3Cluster, Metal3Data, Metal3DataClaim, Metal3Machine } from '@metal3/metal3-api';
import type { Cluster, Machine } from '../cluster-api/kinds.ts';
import type { HostPatch } from './association/host-spec.ts';
import type { WorkloadNode } from './provider-id/decide.ts';

/** What exists around machines; reads show this process's own writes. */
export interface MachineWorld {
  findMachine(key: ObjectKey): Machine | undefined;
  findCluster(key: ObjectKey): Cluster | undefined;
  findMetal3Cluster(key: ObjectKey): Metal3Cluster | undefined;
  hostsOf(namespace: string): readonly BareMetalHost[];
  findDataClaim(key: ObjectKey): Metal3DataClaim | undefined;
  findData(key: ObjectKey): Metal3Data | undefined;
}

/** The hosts, for writing. */
export interface HostBook {
  /**
   * Changes a host, provided that its consumer is still the one that it was read with: of two claims, one loses. What others change
   * meanwhile (its status, above all) is no obstacle. @throws KubeError Conflict, NotFound
   */
  change(host: BareMetalHost, patch: HostPatch): Promise<BareMetalHost>;
  /** Puts a label on the Secret with the BMC's credentials, or takes it off (null); no Secret is no error. */
  labelCredentials(host: BareMetalHost, label: string, value: string | null): Promise<void>;
}

/** The Nodes of workload clusters. */
export interface WorkloadNodes {
  /** Nodes with this host's UID label or this provider id; undefined while the cluster does not answer. */
  find(cluster: ObjectKey, host: BareMetalHost, providerId: string): Promise<readonly WorkloadNode[] | undefined>;
  /** Sets the provider id of a Node that has none. */
  setProviderId(cluster: ObjectKey, node: string, providerId: string): Promise<void>;
}

/** Claims of rendered data. */
export interface DataDesk {
  /** Claims data of a template for a machine; a claim that is there already is no error. */
  claim(metal3Machine: Metal3Machine, template: string): Promise<void>;
  /** Gives the data up, and with it the addresses in it. */
  giveUp(claim: Metal3DataClaim): Promise<void>;
}

/** Hosts that are kept for the next machine of the same owner. */
export interface ReuseBook {
  /** The value of the node-reuse label; undefined if nobody will replace the machine. */
  keyOf(machine: Machine): Promise<string | undefined>;
  /** Whether the template asks for hosts to be kept. */
  isWanted(metal3Machine: Metal3Machine, machine: Machine): Promise<boolean>;
}

export interface MachinePorts {
  readonly world: MachineWorld;
  readonly hosts: HostBook;
  readonly data: DataDesk;
  readonly nodes: WorkloadNodes;
  readonly reuse: ReuseBook;
  readonly clock: { now(): number };
  /** In [0, 1). */
  readonly lot: () => number;
  /** Leave released hosts powered on. */
  readonly fastTrack: boolean;
}

/** A pass works on this copy of the machine; what differs at its end is written at once. */
export type MachineDraft = Metal3Machine;

export interface MachinePass {
  readonly draft: MachineDraft;
  /** Writes the draft now. @throws KubeError Conflict when somebody else has changed the machine since the pass began */
  commit(): Promise<void>;
}
