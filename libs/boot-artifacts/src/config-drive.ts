import { gunzipSync, gzipSync } from 'node:zlib';
import { imageBytes } from './extents.ts';
import { isoLayout } from './iso9660/layout.ts';
import type { ImageFile } from './iso9660/tree.ts';

/** What the operating system reads on first boot, in the layout of OpenStack's config drive. */
export interface ConfigDriveContent {
  /** meta_data.json */
  readonly metaData?: object;
  /** user_data, as it is; objects are written as JSON. */
  readonly userData?: string | Uint8Array | object;
  /** network_data.json */
  readonly networkData?: object;
  /** vendor_data.json */
  readonly vendorData?: object;
}

/** OpenStack versions under which the files are found; readers look for the newest they know. */
const versions = ['latest', '2012-08-10'];

/** ISO 9660 image with the label `config-2`. The same content gives the same bytes. */
export function buildConfigDrive(content: ConfigDriveContent): Uint8Array<ArrayBuffer> {
  return imageBytes(isoLayout(configDriveFiles(content), { label: 'config-2' }));
}

/** The files of a config drive. */
export function configDriveFiles({
  metaData = {},
  userData,
  networkData,
  vendorData,
}: ConfigDriveContent): ImageFile[] {
  return versions.flatMap((version) => {
    const at = (name: string, content: ImageFile['content']): ImageFile => ({
      path: `openstack/${version}/${name}`,
      content,
    });
    return [
      at('meta_data.json', JSON.stringify(metaData)),
      ...(userData === undefined ? [] : [at('user_data', isText(userData) ? userData : JSON.stringify(userData))]),
      ...(networkData === undefined ? [] : [at('network_data.json', JSON.stringify(networkData))]),
      ...(vendorData === undefined ? [] : [at('vendor_data.json', JSON.stringify(vendorData))]),
    ];
  });
}

/** The drive that the parts of a deployment make; what the machine is called is added where it is not said. */
export function configDriveOfParts(
  { meta_data: metaData, user_data: userData, network_data: networkData, vendor_data: vendorData }: ConfigDriveParts,
  node: { readonly uuid: string; readonly name: string | null },
): Uint8Array<ArrayBuffer> {
  return buildConfigDrive({
    metaData: { uuid: node.uuid, ...(node.name === null ? {} : { name: node.name }), ...objectOf(metaData) },
    ...(userData === undefined || userData === null ? {} : { userData: textOrObject(userData) }),
    ...(isObject(networkData) ? { networkData } : {}),
    ...(isObject(vendorData) ? { vendorData } : {}),
  });
}

/** The parts as a deployment posts them, from outside: members of another shape are left out. */
export interface ConfigDriveParts {
  readonly meta_data?: unknown;
  readonly user_data?: unknown;
  readonly network_data?: unknown;
  readonly vendor_data?: unknown;
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const objectOf = (value: unknown): object => (isObject(value) ? value : {});
const textOrObject = (value: unknown): string | object =>
  typeof value === 'object' && value !== null ? value : String(value);

const isText = (value: string | Uint8Array | object): value is string | Uint8Array =>
  typeof value === 'string' || value instanceof Uint8Array;

/** gzip and base64, as Ironic carries config drives. The gzip header has no time, so this is deterministic too. */
export function encodeConfigDrive(iso: Uint8Array): string {
  return gzipSync(iso).toString('base64');
}

/**
 * Undoes `encodeConfigDrive`.
 * @throws RangeError when the text is not base64 of gzip, or unpacks to more than `limit` bytes
 */
export function decodeConfigDrive(encoded: string, limit = 64 * 1024 * 1024): Uint8Array {
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(encoded)) throw new RangeError('the config drive is not base64');
  try {
    return gunzipSync(Buffer.from(encoded, 'base64'), { maxOutputLength: limit });
  } catch (error) {
    throw new RangeError(`the config drive is not gzip data of at most ${limit} bytes`, { cause: error });
  }
}
