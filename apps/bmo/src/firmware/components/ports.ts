import type { ObjectKey } from '@metal3/kube-client';
import type { BareMetalHost, HostFirmwareComponents, HostFirmwareComponentsStatus } from '@metal3/metal3-api';

/** Where firmware versions of hosts, and the updates wanted, are kept. */
export interface ComponentsStore {
  findHost(key: ObjectKey): BareMetalHost | undefined;
  findComponents(key: ObjectKey): HostFirmwareComponents | undefined;
  /** Makes the host's object, or makes one that was there before the host belong to it. */
  adopt(host: BareMetalHost): Promise<HostFirmwareComponents>;
  saveStatus(components: HostFirmwareComponents, status: HostFirmwareComponentsStatus): Promise<void>;
  tellProblem(components: HostFirmwareComponents, problem: string): void;
}
