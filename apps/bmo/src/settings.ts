import type { KubeClient } from '@metal3/kube-client';
import type { LeaderElectionOptions } from '@metal3/kube-controller';
import type { Service } from '@metal3/service';
import type { BmoConfig } from './config.ts';
import { ownArchitecture } from './hardware/architecture.ts';
import type { HostSettings } from './host/view.ts';

/** @param architecture of this process, as `process.arch` has it */
export function hostSettingsOf({ deployImage, hosts }: BmoConfig, architecture: string): HostSettings {
  return {
    deployImage,
    provisioningNetworkDisabled: hosts.provisioningNetworkDisabled,
    maxProvisioningRetries: hosts.maxProvisioningRetries,
    forcePersistentBootDevice: {
      liveIso: hosts.liveIsoForcePersistentBootDevice,
      directDeploy: hosts.directDeployForcePersistentBootDevice,
    },
    ownArchitecture: ownArchitecture(architecture),
    externalUrlV6: hosts.externalUrlV6,
  };
}

/** undefined: this replica is the only one. */
export function electionOf(
  { leaderElection, kubernetes }: BmoConfig,
  { client, service, identity }: { readonly client: KubeClient; readonly service: Service; readonly identity: string },
): LeaderElectionOptions | undefined {
  if (!leaderElection.enabled) return undefined;
  return {
    client,
    namespace: leaderElection.namespace || kubernetes.namespace || 'default',
    name: 'baremetal-operator',
    identity,
    clock: service.clock,
    log: service.log,
    leaseMs: leaderElection.leaseDurationSeconds * 1000,
    renewMs: leaderElection.renewDeadlineSeconds * 1000,
    retryMs: leaderElection.retryPeriodSeconds * 1000,
  };
}
