import { keyOf, mergePatchOf, unlessGone } from '@metal3/kube-client';
import type { Cache, CachedClient, EventRecorder } from '@metal3/kube-controller';
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
    async saveStatus(of, status) {
      const body = mergePatchOf({ status: of.status }, { status });
      if (body !== undefined)
        await unlessGone(client.patchStatus(hostFirmwareComponents, keyOf(of), { type: 'merge', body }));
    },
    tellProblem: (of, problem) => events.warning(of, 'ValidationFailed', `Invalid Firmware Components: ${problem}`),
  };
}
