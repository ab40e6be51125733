import type { ImageInfo } from '@metal3/agent';
import { isJsonObject, type Json, type JsonObject, type Node, type NodeStep } from '@metal3/node';
import { EffectProblem } from '../../work/problems.ts';
import type { PreparedImage } from './local-image.ts';
import { algorithmOf, bootModeOf, checksumOf, type ImageChecksum } from './instance.ts';

/** What goes to the agent with one deploy step. */
export type DeployArguments = (
  node: Node,
  step: NodeStep,
  signal: AbortSignal,
  prepared?: PreparedImage,
) => Promise<{ readonly node: Node; readonly args: JsonObject; readonly configDrive: string | undefined }>;

export interface DeployArgumentPorts {
  /** Opens sealed values of instance_info. */
  readonly reveal: (node: Node) => JsonObject;
  /** The stored config drive as it was posted: JSON of {meta_data, user_data, network_data}, base64 of a gzipped image, or a URL. */
  readonly configDrive: (node: Node) => Promise<string | undefined>;
  /** Base64 of the gzipped ISO 9660 image that the parts make. */
  readonly buildConfigDrive: (parts: JsonObject, node: Node) => string;
  /** Text of a checksum file. @throws PassingProblem, EffectProblem */
  readonly fetchText: (url: string, signal: AbortSignal) => Promise<string>;
  readonly streamRawImages: boolean;
}

export function deployArguments(ports: DeployArgumentPorts): DeployArguments {
  return async (node, step, signal, prepared) => {
    const posted = await ports.configDrive(node);
    const configDrive = posted === undefined ? undefined : packed(posted, node, ports);
    if (step.step !== 'write_image') return { node, args: step.args ?? {}, configDrive };
    const info = ports.reveal(node);
    const image = await imageInfo({ ...node, instanceInfo: info }, ports, signal, prepared);
    return {
      node,
      args: { ...step.args, image_info: image, ...(configDrive === undefined ? {} : { configdrive: configDrive }) },
      configDrive,
    };
  };
}

function packed(posted: string, node: Node, { buildConfigDrive }: DeployArgumentPorts): string {
  if (!posted.trimStart().startsWith('{')) return posted;
  const parts: Json = JSON.parse(posted);
  return isJsonObject(parts) ? buildConfigDrive(parts, node) : posted;
}

const text = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** The format as declared, or as the name of the file says; agents refuse an image that is something else. */
export function diskFormat(info: JsonObject): string {
  const declared = text(info['image_disk_format']);
  if (declared !== undefined) return declared;
  const path = (text(info['image_source']) ?? '').replace(/[?#].*$/, '').toLowerCase();
  return path.endsWith('.qcow2') ? 'qcow2' : 'raw';
}

async function imageInfo(
  node: Node,
  ports: DeployArgumentPorts,
  signal: AbortSignal,
  prepared: PreparedImage | undefined,
): Promise<JsonObject> {
  const info = node.instanceInfo;
  const source = text(info['image_source']) ?? '';
  const local = prepared?.state === 'done' ? prepared : undefined;
  const checksum =
    local === undefined
      ? await resolved(checksumOf(info), source, ports, signal)
      : { algorithm: 'sha256', value: local.sha256 };
  const format = local?.diskFormat ?? diskFormat(info);
  const name =
    source
      .replace(/[?#].*$/, '')
      .split('/')
      .at(-1) ?? '';
  const secret = local === undefined ? text(info['image_request_authorization_secret']) : undefined;
  const image: ImageInfo = {
    id: name === '' ? source : name,
    urls: [source],
    disk_format: format,
    container_format: text(info['image_container_format']) ?? 'bare',
    stream_raw_images: format === 'raw' && ports.streamRawImages,
    image_type: 'whole-disk',
    node_uuid: node.uuid,
    deploy_boot_mode: bootModeOf(node),
    boot_option: 'local',
    ...(checksum.algorithm === 'md5'
      ? { checksum: checksum.value }
      : { os_hash_algo: checksum.algorithm, os_hash_value: checksum.value }),
    ...(secret === undefined ? {} : { image_request_authorization: secret }),
  };
  return { ...image, urls: [local?.url ?? source] };
}

async function resolved(
  checksum: ImageChecksum | undefined,
  source: string,
  { fetchText }: DeployArgumentPorts,
  signal: AbortSignal,
): Promise<{ readonly algorithm: string; readonly value: string }> {
  if (checksum === undefined) throw new EffectProblem(`The image ${source} has no checksum in instance_info`);
  if (checksum.kind === 'hash') return checksum;
  const value = findInChecksumFile(await fetchText(checksum.url, signal), source);
  const algorithm = value === undefined ? undefined : (checksum.algorithm ?? algorithmOf(value));
  if (value === undefined || algorithm === undefined) {
    throw new EffectProblem(`The checksum file ${checksum.url} has no usable checksum for image ${source}`);
  }
  return { algorithm, value };
}

/** Finds an image's digest: a lone digest, `digest  name` lines, or BSD's `SHA256 (name) = digest`. */
export function findInChecksumFile(content: string, imageUrl: string): string | undefined {
  const name =
    imageUrl
      .replace(/[?#].*$/, '')
      .split('/')
      .at(-1) ?? '';
  const lines = content
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const [only] = lines;
  if (only !== undefined && lines.length === 1 && !/\s/.test(only)) return only;
  for (const line of lines) {
    const bsd = /^[A-Z0-9-]+ \((.+)\) = ([0-9a-f]+)$/i.exec(line);
    if (bsd?.[1] === name) return bsd[2];
    const [digest, ...file] = line.split(/\s+/);
    if (file.join(' ').replace(/^\*/, '').split('/').at(-1) === name) return digest;
  }
  return undefined;
}
