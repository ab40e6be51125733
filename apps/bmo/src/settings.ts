import type { BmoConfig } from './config.ts';
import { ownArchitecture } from './hardware/architecture.ts';
import type { HostSettings } from './host/view.ts';
import type { ImageSources } from './preprovisioning-image/sources.ts';

/** Ready-made images for PreprovisioningImages: the deploy image, unless there is one for the architecture. */
export function imageSourcesOf({
  deployImage,
  preprovisioningImages,
}: Pick<BmoConfig, 'deployImage' | 'preprovisioningImages'>): ImageSources {
  const { kernel, ramdisk, iso } = preprovisioningImages;
  return {
    kernel: { url: deployImage.kernelUrl, ...kernel },
    ramdisk: { url: deployImage.ramdiskUrl, ...ramdisk },
    iso: { url: deployImage.isoUrl, ...iso },
  };
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
    buildsImages: hosts.buildPreprovisioningImages,
  };
}
