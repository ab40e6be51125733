import type { ObjectKey } from '@metal3/kube-client';
import type { BareMetalHost, Metal3Machine } from '@metal3/metal3-api';
import type { Cluster, Machine } from '../cluster-api/kinds.ts';

/** What is to be seen of the Node of a machine. */
export type NodeSight =
  /** The Machine knows of none. */
  | { readonly kind: 'never-joined' }
  | { readonly kind: 'absent' }
  /** We may not look. */
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'unanswered' }
  | {
      readonly kind: 'present';
      readonly name: string;
      /** Whether the cluster evicts Pods of Nodes that are out of service (Kubernetes 1.28 and later). */
      readonly outOfService: boolean;
      /** Whether the Node is marked as that. */
      readonly tainted: boolean;
      /** Whether its Pods are gone and its volumes detached. */
      readonly drained: boolean;
    };

/** What a Node had that a new one of its name is to get. */
export interface NodeKeepsakes {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface RemediationWorld {
  findMachine(key: ObjectKey): Machine | undefined;
  findCluster(key: ObjectKey): Cluster | undefined;
  findMetal3Machine(key: ObjectKey): Metal3Machine | undefined;
  hostsOf(namespace: string): readonly BareMetalHost[];
}

/** The Node of a machine in its workload cluster. */
export interface RemediationNodes {
  look(cluster: ObjectKey, node: string): Promise<NodeSight>;
  taint(cluster: ObjectKey, node: string): Promise<void>;
  keepsakes(cluster: ObjectKey, node: string): Promise<NodeKeepsakes>;
  remove(cluster: ObjectKey, node: string): Promise<void>;
  /** Takes our taint off and puts back what is missing; what the Node has by now stays. */
  restore(cluster: ObjectKey, node: string, keepsakes: NodeKeepsakes | undefined): Promise<void>;
}

export interface RemediationPorts {
  readonly world: RemediationWorld;
  readonly nodes: RemediationNodes;
  /** Sets an annotation of a host, or takes it off (null). */
  annotateHost(host: BareMetalHost, annotation: string, value: string | null): Promise<void>;
  /** Tells the owner of a machine, in the conditions of both contracts, that it is to replace it. */
  giveUpMachine(machine: Machine, message: string): Promise<void>;
  readonly clock: { now(): number };
}
