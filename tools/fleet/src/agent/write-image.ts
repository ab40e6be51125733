import { createHash } from 'node:crypto';
import type { Trust } from '../http/client.ts';
import { MediumError } from '../medium/blocks.ts';
import { expand, isQcow2, readHeader } from '../medium/qcow2.ts';
import type { BlockDevice } from '../machine/block-devices.ts';
import type { ConfigDrive, DiskContent, WrittenImage } from '../machine/disk.ts';
import { readConfigDrive } from '../machine/disk.ts';
import type { Machine } from '../machine/machine.ts';
import { parseImageInfo, type ImageInfo } from './checksum.ts';
import { AgentError } from './error.ts';
import { downloadImage, type DownloadedImage } from './image-download.ts';
import type { Effort } from './effort.ts';

/** Simulated seconds of writing an image, besides one for every 200 MB. */
const writeSeconds = 8;
const bytesPerSecond = 200_000_000;
const retrySeconds = 10;

/**
 * The prepare_image command: fetch, verify, look at the format, write, add the config drive. Exactly one
 * image-write-started and one image-write-finished or image-write-failed go to the ledger.
 * @returns the result text of the real agent
 */
export async function writeImage(
  machine: Machine,
  args: {
    readonly imageInfo: unknown;
    readonly configDrive: unknown;
    readonly md5Allowed: boolean;
    readonly trust: Trust;
    readonly device: BlockDevice;
  },
  effort: Effort,
): Promise<string> {
  const { device } = args;
  const put = (content: DiskContent): void => putOn(machine, device, content);
  const info = parseImageInfo(args.imageInfo, args.md5Allowed);
  const format = info.disk_format ?? 'raw';
  const summary = { image: info.id, url: info.urls[0], format, device: device.name };
  machine.record('image-write-started', summary);
  try {
    const streamed = format === 'raw' && info.stream_raw_images === true;
    // Streaming overwrites the disk from the first byte on; otherwise the old content stays until the download is verified.
    if (streamed) put(broken(info));
    const image = await downloadImage(info, {
      http: machine.world.http,
      signal: effort.signal,
      trust: args.trust,
      again: (failure, attempt) => {
        machine.record('fault', { during: 'image download', attempt, failure });
        return machine.world.time.pass(retrySeconds, effort.signal);
      },
    });
    const content = inspect(info, image);
    put(broken(info));
    await effort.spend(writeSeconds + image.size / bytesPerSecond);
    const configDrive = await openConfigDrive(args.configDrive ?? info.configdrive, machine, args.trust, effort.signal);
    put({ image: content, configDrive, injectedFiles: new Map(), complete: true });
    machine.record('image-write-finished', {
      ...summary,
      sha256: content.sha256,
      diskSha256: content.diskSha256,
      size: content.size,
      configDriveSha256: configDrive?.sha256 ?? null,
    });
    return `image (${info.id}) written to device ${device.name} root_uuid=0x00000000`;
  } catch (error) {
    machine.record('image-write-failed', {
      ...summary,
      reason: error instanceof Error ? error.message : String(error),
    });
    throw error;
  }
}

/**
 * A deploy step of the user's own (customDeploy): it brings an operating system from wherever it likes, so that nothing is
 * downloaded here; the config drive comes from the step's arguments or the node.
 */
export async function customDeploy(
  machine: Machine,
  method: string,
  args: Readonly<Record<string, unknown>>,
  trust: Trust,
  device: BlockDevice,
  effort: Effort,
): Promise<null> {
  const summary = { image: method, url: `custom:${method}`, format: 'raw', device: device.name };
  machine.record('image-write-started', summary);
  try {
    putOn(machine, device, broken({ id: method, urls: [summary.url] }));
    await effort.spend(writeSeconds);
    const node = args['node'] as { instance_info?: { configdrive?: unknown } } | null | undefined;
    const given = args['configdrive'] ?? node?.instance_info?.configdrive;
    const configDrive = await openConfigDrive(given, machine, trust, effort.signal);
    const sha256 = createHash('sha256').update(method).digest('hex');
    const image: WrittenImage = {
      ...blank(method, summary.url),
      sha256,
      diskSha256: sha256,
      head: bootRecord(),
    };
    putOn(machine, device, { image, configDrive, injectedFiles: new Map(), complete: true });
    machine.record('image-write-finished', { ...summary, sha256, configDriveSha256: configDrive?.sha256 ?? null });
    return null;
  } catch (error) {
    machine.record('image-write-failed', {
      ...summary,
      reason: error instanceof Error ? error.message : String(error),
    });
    throw error;
  }
}

/** Whatever is written is what the firmware boots from then on. */
function putOn(machine: Machine, { serial }: BlockDevice, content: DiskContent): void {
  machine.contents.set(serial, content);
  machine.bootDisk = serial;
}

function broken(info: Pick<ImageInfo, 'id' | 'urls'>): DiskContent {
  const image = blank(info.id, info.urls[0] ?? '');
  return { image, configDrive: undefined, injectedFiles: new Map(), complete: false };
}

function blank(id: string, url: string): WrittenImage {
  return { id, url, format: 'raw', size: 0, sha256: '', virtualSize: 0, diskSha256: undefined, head: Buffer.alloc(0) };
}

/** Deep image inspection: what the bytes are has to be what the conductor said they are. A qcow2 file is converted. */
function inspect(info: ImageInfo, { url, size, sha256, head, content }: DownloadedImage): WrittenImage {
  const declared = info.disk_format ?? 'raw';
  const detected = isQcow2(head) ? 'qcow2' : 'raw';
  if (declared !== detected) {
    throw new AgentError('InvalidImage', `Image format mismatch: expected ${declared}, detected ${detected} in ${url}`);
  }
  const file = { id: info.id, url, size, sha256 };
  if (detected === 'raw') {
    return { ...file, format: 'raw', virtualSize: size, diskSha256: sha256, head: Buffer.from(head.subarray(0, 1024)) };
  }
  try {
    if (content === undefined) {
      const { virtualSize } = readHeader(head);
      // Too large to convert here; a boot record stands for what cannot be looked at.
      return { ...file, format: 'qcow2', virtualSize, diskSha256: undefined, head: bootRecord() };
    }
    const { virtualSize, sha256: diskSha256, head: diskHead } = expand(content);
    return { ...file, format: 'qcow2', virtualSize, diskSha256, head: diskHead };
  } catch (error) {
    if (error instanceof MediumError) throw new AgentError('InvalidImage', error.message);
    throw error;
  }
}

function bootRecord(): Buffer {
  const head = Buffer.alloc(1024);
  head.writeUInt16LE(0xaa55, 510);
  return head;
}

async function openConfigDrive(
  value: unknown,
  machine: Machine,
  trust: Trust,
  signal: AbortSignal,
): Promise<ConfigDrive | undefined> {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw new AgentError('InvalidCommandParamsError', 'configdrive must be a string');
  try {
    if (!/^https?:\/\//.test(value)) return await readConfigDrive(value);
    const { status, body } = await machine.world.http.fetch(value, { signal, trust });
    if (status !== 200) throw new MediumError(`${value} answered ${status}`);
    return await readConfigDrive(body.toString('latin1'));
  } catch (error) {
    if (error instanceof MediumError)
      throw new AgentError('DeploymentError', `Failed to create config drive: ${error.message}`);
    throw error;
  }
}
