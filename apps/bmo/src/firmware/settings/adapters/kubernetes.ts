import { isKubeError, keyOf, mergePatchOf } from '@metal3/kube-client';
import {
  ownerReference,
  patchSession,
  setOwnerReference,
  type Cache,
  type CachedClient,
  type EventRecorder,
} from '@metal3/kube-controller';
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
      const owner = ownerReference(of);
      const key = { namespace: of.metadata.namespace, name };
      const present = schemas.find(key) ?? (await made());
      if (present === undefined) return;
      const session = patchSession(client, firmwareSchema, present, { owned: ['metadata.ownerReferences'] });
      if (setOwnerReference(session.draft, owner)) await session.save();

      /** Hosts of one model come at the same time; whoever comes second finds the schema made. */
      async function made(): Promise<FirmwareSchema | undefined> {
        const vendor = host.status?.hardware?.systemVendor;
        try {
          await client.create(firmwareSchema, {
            metadata: { ...key, ownerReferences: [owner] } as FirmwareSchema['metadata'],
            spec: {
              ...(vendor?.manufacturer ? { hardwareVendor: vendor.manufacturer } : {}),
              ...(vendor?.productName ? { hardwareModel: vendor.productName } : {}),
              schema,
            },
          });
          return undefined;
        } catch (error) {
          if (!isKubeError(error, 'AlreadyExists')) throw error;
          return client.find(firmwareSchema, key);
        }
      }
    },

    async saveStatus(of, status) {
      const body = mergePatchOf({ status: of.status }, { status });
      if (body !== undefined) await client.patchStatus(hostFirmwareSettings, keyOf(of), { type: 'merge', body });
    },

    tellProblem: (of, problem) => events.warning(of, 'ValidationFailed', `Invalid BIOS setting: ${problem}`),
  };
}
