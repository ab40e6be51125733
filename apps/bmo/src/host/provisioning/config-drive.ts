import { parse } from 'yaml';
import type { Json, JsonObject } from '../../kernel.ts';

/** Contents of the Secrets that a host names for its first boot; undefined where it names none. */
export interface HostConfigData {
  readonly userData: string | undefined;
  readonly networkData: string | undefined;
  readonly metaData: string | undefined;
}

export interface HostIdentity {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
}

/** The data of a config drive cannot be used; `message` names the field. */
export class HostConfigDataError extends Error {
  override readonly name = 'HostConfigDataError';
  /** Label of metal3_host_config_data_error_total. */
  readonly hostData: keyof HostConfigData;

  constructor(hostData: keyof HostConfigData, message: string) {
    super(message);
    this.hostData = hostData;
  }
}

/**
 * The config drive as Ironic takes it: a JSON object from which it builds the ISO. Metadata of the host comes first and is
 * overridden key by key by the metaData Secret.
 *
 * @throws HostConfigDataError
 */
export function configDrive(host: HostIdentity, data: HostConfigData): JsonObject {
  return {
    ...(data.userData === undefined ? {} : { user_data: data.userData }),
    ...(data.networkData === undefined ? {} : { network_data: map('networkData', data.networkData) }),
    meta_data: {
      uuid: host.uid,
      'metal3-namespace': host.namespace,
      'metal3-name': host.name,
      'local-hostname': host.name,
      local_hostname: host.name,
      name: host.name,
      ...(data.metaData === undefined ? {} : map('metaData', data.metaData)),
    },
  };
}

/** Network data as an object. @throws HostConfigDataError */
export function networkDataOf(text: string): JsonObject {
  return map('networkData', text);
}

/** JSON is YAML, so one parser reads both. Empty text is an empty map. */
function map(hostData: keyof HostConfigData, text: string): { readonly [key: string]: Json } {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new HostConfigDataError(
      hostData,
      `${hostData} is neither YAML nor JSON: ${error instanceof Error ? error.message : ''}`,
    );
  }
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw new HostConfigDataError(hostData, `${hostData} must be a map`);
  return value as { readonly [key: string]: Json };
}

/** Which key of a Secret holds the data. `value` is what Cluster API's bootstrap providers write. */
export function secretValue(
  hostData: keyof HostConfigData,
  secret: Readonly<Record<string, string>>,
  secretName: string,
): string | undefined {
  const value = secret[hostData] ?? secret['value'];
  if (value === undefined && hostData !== 'networkData') {
    throw new HostConfigDataError(hostData, `Secret "${secretName}" has neither the key ${hostData} nor the key value`);
  }
  return value === '' ? undefined : value;
}
