import type { KubeClient } from '@metal3/kube-client';
import type { LeaderElectionOptions } from '@metal3/kube-controller';
import { errorTable, type Service } from '@metal3/service';
import type { BmoConfig } from './config.ts';
import { ownArchitecture } from './hardware/architecture.ts';
import type { HostSettings } from './host/view.ts';

const errors = errorTable({
  namespaces: {
    code: 'BMO-NAMESPACES',
    class: 'config',
    remedy: 'Name one namespace or none (for all); run one bmo per namespace otherwise.',
  },
});

/** The namespace to watch; undefined for all. @throws CodedError BMO-NAMESPACES for a list of several */
export function watchedNamespace({ kubernetes: { namespace } }: BmoConfig): string | undefined {
  if (namespace.includes(',')) throw errors.namespaces(`"${namespace}" names several namespaces`);
  return namespace === '' ? undefined : namespace;
}

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
