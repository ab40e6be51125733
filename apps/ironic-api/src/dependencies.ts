import type { HintQueue } from '@metal3/jobs';
import type { NodeStore } from '@metal3/node-store';
import type { Clock, Random } from '@metal3/service';
import type { ConductorDirectory } from './drivers/directory.ts';
import type { BmcAccess } from './bmc/ports.ts';

/** Choices of the operator that the capabilities look at. */
export interface ApiSettings {
  /** Class of a node that names none; null for none. */
  readonly defaultResourceClass: string | null;
  /** Largest page of a list. Go clients read only the first, so less than 1000 hides nodes from them. */
  readonly maxLimit: number;
  readonly allowDeletingAvailableNodes: boolean;
  readonly allowProvisioningInMaintenance: boolean;
  /** An agent that is already running may serve the next operation without a reboot. */
  readonly fastTrack: boolean;
  /** Agents may be looked up only while something is expected of them. */
  readonly restrictLookup: boolean;
  readonly agentHeartbeatTimeoutSeconds: number;
  /** A callback URL that is not https is refused. */
  readonly requireAgentTls: boolean;
  readonly maxConcurrentDeploy: number;
  readonly maxConcurrentClean: number;
  /** How long a change waits for a conductor that acts on the node, before 409. */
  readonly lockWaitMs: number;
}

/** What the capabilities of this service work with. */
export interface Dependencies {
  readonly store: NodeStore;
  readonly hints: Pick<HintQueue, 'hint'>;
  readonly directory: ConductorDirectory;
  /** Calls that must reach a BMC now, made by a live conductor. */
  readonly bmc: BmcAccess;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: ApiSettings;
}
