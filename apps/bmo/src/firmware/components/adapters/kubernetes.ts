import { saveStatus, type Cache, type CachedClient, type EventRecorder } from '@metal3/kube-controller';
import { hostFirmwareComponents, type BareMetalHost, type HostFirmwareComponents } from '@metal3/metal3-api';
import { adoptByHost } from '../../adopt.ts';
import type { ComponentsStore } from '../ports.ts';

export interface ComponentsCaches {
  readonly hosts: Cache<BareMetalHost>;
  readonly components: Cache<HostFirmwareComponents>;
}

export function kubernetesComponentsStore(
  client: CachedClient,
  { hosts, components }: ComponentsCaches,
  events: EventRecorder,
): ComponentsStore {
  return {
    findHost: (key) => hosts.find(key),
    findComponents: (key) => components.find(key),
    adopt: (host) => adoptByHost(client, hostFirmwareComponents, components, host, { updates: [] }),
    saveStatus: (of, status) => saveStatus(client, hostFirmwareComponents, of, status),
    tellProblem: (of, problem) => events.warning(of, 'ValidationFailed', `Invalid Firmware Components: ${problem}`),
  };
}
