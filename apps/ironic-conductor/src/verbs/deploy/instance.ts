import { isJsonObject, type Json, type JsonObject, type Node } from '@metal3/node';

export type DeployInterface = 'direct' | 'custom-agent' | 'ramdisk' | 'fake';
export type BootMode = 'uefi' | 'bios';

const text = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** `autodetect` becomes ramdisk when the instance asks for it and has something to boot, and direct otherwise. */
export function deployInterfaceOf(node: Pick<Node, 'interfaces' | 'instanceInfo'>): DeployInterface {
  const info = node.instanceInfo;
  switch (node.interfaces.deploy) {
    case 'fake':
      return 'fake';
    case 'ramdisk':
      return 'ramdisk';
    case 'custom-agent':
      return 'custom-agent';
    case 'autodetect':
      return isTrue(info['ironic_ramdisk_deploy']) && text(info['boot_iso']) !== undefined ? 'ramdisk' : 'direct';
    default:
      return 'direct';
  }
}

function isTrue(value: Json | undefined): boolean {
  return value === true || (typeof value === 'string' && /^(true|yes|on|1)$/i.test(value));
}

/** Capabilities as a map; they come as an object, as JSON text, or as `key:value,key:value`. */
export function capabilitiesOf(value: Json | undefined): Readonly<Record<string, string>> {
  if (isJsonObject(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, String(item)]));
  if (typeof value !== 'string' || value === '') return {};
  if (value.trimStart().startsWith('{')) {
    try {
      const parsed: Json = JSON.parse(value);
      return capabilitiesOf(isJsonObject(parsed) ? parsed : undefined);
    } catch {
      return {};
    }
  }
  const pairs = value.split(',').map((pair) => {
    const [key = '', ...rest] = pair.split(':');
    return [key.trim(), rest.join(':').trim()] as const;
  });
  return Object.fromEntries(pairs.filter(([key]) => key !== ''));
}

/** Boot mode wanted for a node: the instance's, then the node's, then what the BMC reported, then UEFI. */
export function bootModeOf(node: Pick<Node, 'instanceInfo' | 'properties' | 'bootMode'>): BootMode {
  const wanted =
    capabilitiesOf(node.instanceInfo['capabilities'])['boot_mode'] ??
    text(node.instanceInfo['deploy_boot_mode']) ??
    capabilitiesOf(node.properties['capabilities'])['boot_mode'] ??
    node.bootMode;
  return wanted === 'bios' ? 'bios' : 'uefi';
}

export function wantsSecureBoot(node: Pick<Node, 'instanceInfo'>): boolean {
  return isTrue(capabilitiesOf(node.instanceInfo['capabilities'])['secure_boot']);
}

/** How the agent proves that it wrote the right bytes. */
export type ImageChecksum =
  | { readonly kind: 'hash'; readonly algorithm: string; readonly value: string }
  /** A checksum file, looked up when the image is written. */
  | { readonly kind: 'file'; readonly algorithm: string | undefined; readonly url: string };

const algorithmByLength: Readonly<Record<number, string>> = { 32: 'md5', 64: 'sha256', 128: 'sha512' };

/** The algorithm a hexadecimal digest was made with, by its length. */
export function algorithmOf(digest: string): string | undefined {
  return /^[0-9a-f]+$/i.test(digest) ? algorithmByLength[digest.length] : undefined;
}

/** The checksum of instance_info: `image_os_hash_*` first, then `image_checksum`. */
export function checksumOf(info: JsonObject): ImageChecksum | undefined {
  const value = text(info['image_os_hash_value']);
  const algorithm = text(info['image_os_hash_algo']);
  if (value !== undefined && algorithm !== undefined) {
    return isUrl(value) ? { kind: 'file', algorithm, url: value } : { kind: 'hash', algorithm, value };
  }
  const checksum = text(info['image_checksum']);
  if (checksum === undefined) return undefined;
  if (isUrl(checksum)) return { kind: 'file', algorithm: undefined, url: checksum };
  const detected = algorithmOf(checksum);
  return detected === undefined ? undefined : { kind: 'hash', algorithm: detected, value: checksum };
}

export function isUrl(value: string): boolean {
  return /^https?:\/\//i.test(value);
}

/**
 * What is wrong with instance_info for this kind of deployment; undefined when nothing is.
 * @param local the image passes through the image service, which knows more kinds of sources than agents do
 */
export function instanceProblem(node: Pick<Node, 'interfaces' | 'instanceInfo'>, local = false): string | undefined {
  const info = node.instanceInfo;
  const source = text(info['image_source']);
  const iso = text(info['boot_iso']);
  const deploy = deployInterfaceOf(node);
  if (source !== undefined && iso !== undefined) {
    return 'instance_info has both boot_iso and image_source, which exclude each other: remove one';
  }
  switch (deploy) {
    case 'fake':
    case 'custom-agent':
      return undefined;
    case 'ramdisk':
      return iso === undefined ? 'Cannot deploy a ramdisk: instance_info.boot_iso is missing' : undefined;
    case 'direct': {
      if (source === undefined) {
        return 'Cannot validate image information because one or more required parameters are missing: instance_info.image_source';
      }
      if (local && /^(oci|file):\/\//i.test(source)) return undefined;
      if (!isUrl(source)) {
        const remedy = local ? 'an http, https, oci or file URL' : 'an http or https URL';
        return `instance_info.image_source ${JSON.stringify(source)} must be ${remedy}`;
      }
      if (checksumOf(info) !== undefined) return undefined;
      return text(info['image_checksum']) === undefined
        ? 'image_source was provided without image_checksum or image_os_hash_algo and image_os_hash_value in instance_info'
        : 'instance_info.image_checksum must be an MD5, SHA-256 or SHA-512 digest in hexadecimal, or the URL of a checksum file';
    }
  }
}
