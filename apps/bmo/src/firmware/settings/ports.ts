import type { BareMetalHost, HostFirmwareSettings, HostFirmwareSettingsStatus } from '@metal3/metal3-api';
import type { ObjectKey } from '@metal3/kube-client';
import type { SettingSchemas } from './schema.ts';

/** Where firmware settings of hosts and the schemas they follow are kept. */
export interface SettingsStore {
  findHost(key: ObjectKey): BareMetalHost | undefined;
  /** Makes the host's object, or makes one that was there before the host belong to it. */
  adopt(host: BareMetalHost): Promise<HostFirmwareSettings>;
  /**
   * Makes the schema if there is none of that name. It belongs to the settings that it was made for; when it goes with them, others that
   * follow it make it again. Belonging to every host of a model would cost a write for each of them.
   */
  keepSchema(
    settings: HostFirmwareSettings,
    schema: { readonly name: string; readonly schemas: SettingSchemas; readonly host: BareMetalHost },
  ): Promise<void>;
  saveStatus(settings: HostFirmwareSettings, status: HostFirmwareSettingsStatus): Promise<void>;
  tellProblem(settings: HostFirmwareSettings, problem: string): void;
}
