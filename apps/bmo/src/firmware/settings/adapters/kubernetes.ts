import { isKubeError } from '@metal3/kube-client';
import { ownerReference, saveStatus, type Cache, type CachedClient, type EventRecorder } from '@metal3/kube-controller';
import {
  firmwareSchema,
  hostFirmwareSettings,
  type BareMetalHost,
  type FirmwareSchema,
  type HostFirmwareSettings,
} from '@metal3/metal3-api';
import { adoptByHost } from '../../adopt.ts';
import type { SettingsStore } from '../ports.ts';

export interface SettingsCaches {
  readonly hosts: Cache<BareMetalHost>;
  readonly settings: Cache<HostFirmwareSettings>;
  readonly schemas: Cache<FirmwareSchema>;
}

export function kubernetesSettingsStore(
  client: CachedClient,
  { hosts, settings, schemas }: SettingsCaches,
  events: EventRecorder,
): SettingsStore {
  return {
    findHost: (key) => hosts.find(key),

    adopt: (host) => adoptByHost(client, hostFirmwareSettings, settings, host, { settings: {} }),

    async keepSchema(of, { name, schemas: schema, host }) {
      const key = { namespace: of.metadata.namespace, name };
      if (schemas.find(key) !== undefined) return;
      const vendor = host.status?.hardware?.systemVendor;
      const made = client.create(firmwareSchema, {
        metadata: { ...key, ownerReferences: [ownerReference(of)] } as FirmwareSchema['metadata'],
        spec: {
          ...(vendor?.manufacturer ? { hardwareVendor: vendor.manufacturer } : {}),
          ...(vendor?.productName ? { hardwareModel: vendor.productName } : {}),
          schema,
        },
      });
      await made.catch((error: unknown) => {
        if (!isKubeError(error, 'AlreadyExists')) throw error;
      });
    },

    saveStatus: (of, status) => saveStatus(client, hostFirmwareSettings, of, status),

    tellProblem: (of, problem) => events.warning(of, 'ValidationFailed', `Invalid BIOS setting: ${problem}`),
  };
}
