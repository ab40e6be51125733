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
