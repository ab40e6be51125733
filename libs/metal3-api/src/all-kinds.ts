import { metal3Cluster } from './infrastructure/metal3-cluster.ts';
import { metal3ClusterTemplate } from './infrastructure/metal3-cluster-template.ts';
import { metal3DataClaim } from './infrastructure/metal3-data-claim.ts';
import { metal3Data } from './infrastructure/metal3-data.ts';
import { metal3DataTemplate } from './infrastructure/metal3-data-template.ts';
import { metal3Machine } from './infrastructure/metal3-machine.ts';
import { metal3MachineTemplate } from './infrastructure/metal3-machine-template.ts';
import { metal3Remediation } from './infrastructure/metal3-remediation.ts';
import { metal3RemediationTemplate } from './infrastructure/metal3-remediation-template.ts';
import { ipAddress } from './ipam/ip-address.ts';
import { ipClaim } from './ipam/ip-claim.ts';
import { ipPool } from './ipam/ip-pool.ts';
import { bareMetalHost } from './metal3/bare-metal-host.ts';
import { bareMetalSwitch } from './metal3/bare-metal-switch.ts';
import { bmcEventSubscription } from './metal3/bmc-event-subscription.ts';
import { dataImage } from './metal3/data-image.ts';
import { firmwareSchema } from './metal3/firmware-schema.ts';
import { hardwareData } from './metal3/hardware-data.ts';
import { hostClaim } from './metal3/host-claim.ts';
import { hostDeployPolicy } from './metal3/host-deploy-policy.ts';
import { hostFirmwareComponents } from './metal3/host-firmware-components.ts';
import { hostFirmwareSettings } from './metal3/host-firmware-settings.ts';
import { hostNetworkAttachment } from './metal3/host-network-attachment.ts';
import { hostUpdatePolicy } from './metal3/host-update-policy.ts';
import { preprovisioningImage } from './metal3/preprovisioning-image.ts';
import type { KindDefinition } from './kind.ts';

/** Kinds of the operator, group metal3.io. */
export const metal3Kinds: readonly KindDefinition<unknown>[] = [
  bareMetalHost,
  bareMetalSwitch,
  bmcEventSubscription,
  dataImage,
  firmwareSchema,
  hardwareData,
  hostClaim,
  hostDeployPolicy,
  hostFirmwareComponents,
  hostFirmwareSettings,
  hostNetworkAttachment,
  hostUpdatePolicy,
  preprovisioningImage,
];

/** Kinds of the Cluster API provider, group infrastructure.cluster.x-k8s.io. */
export const infrastructureKinds: readonly KindDefinition<unknown>[] = [
  metal3Cluster,
  metal3ClusterTemplate,
  metal3DataClaim,
  metal3Data,
  metal3DataTemplate,
  metal3Machine,
  metal3MachineTemplate,
  metal3Remediation,
  metal3RemediationTemplate,
];

/** Kinds of the address manager, group ipam.metal3.io. */
export const ipamKinds: readonly KindDefinition<unknown>[] = [ipAddress, ipClaim, ipPool];

/** Every kind of this project. */
export const allKinds: readonly KindDefinition<unknown>[] = [...metal3Kinds, ...infrastructureKinds, ...ipamKinds];
