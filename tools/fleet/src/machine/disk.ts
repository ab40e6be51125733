import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { memoryBlocks, MediumError } from '../medium/blocks.ts';
import { Iso } from '../medium/iso9660.ts';

/** What is known of a disk's content. The bytes themselves are kept as a digest, their first KiB as they are. */
export interface DiskContent {
  readonly image: WrittenImage;
  readonly configDrive: ConfigDrive | undefined;
  /** Files put into the file system by the inject_files step: path to content. */
  readonly injectedFiles: ReadonlyMap<string, Buffer>;
  /** False while a write is under way and for ever after one that broke off. */
  readonly complete: boolean;
}

export interface WrittenImage {
  readonly id: string;
  readonly url: string;
  readonly format: 'raw' | 'qcow2';
  /** Bytes downloaded. */
  readonly size: number;
  /** SHA-256 of the bytes downloaded. */
  readonly sha256: string;
  /** Size of the disk inside: that of the file for raw, the virtual size for qcow2. */
  readonly virtualSize: number;
  /** SHA-256 of the disk inside; unknown for qcow2 files too large to be converted here. */
  readonly diskSha256: string | undefined;
  /** The first KiB of the disk (partition table and boot code). */
  readonly head: Buffer;
}

/** A config drive as it was handed over: gzipped ISO 9660. */
export interface ConfigDrive {
  /** As received, decoded from base64, still compressed. */
  readonly gzipped: Buffer;
  /** SHA-256 of the ISO inside. */
  readonly sha256: string;
  readonly size: number;
}

/** Opens what a deploy step passes as config drive. @throws MediumError when it is not base64 of a gzipped ISO 9660 image */
export async function readConfigDrive(base64: string): Promise<ConfigDrive> {
  const compact = base64.replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) throw new MediumError('the config drive is not base64');
  const gzipped = Buffer.from(compact, 'base64');
  const iso = inflate(gzipped);
  await Iso.open(memoryBlocks(iso));
  return { gzipped, size: iso.length, sha256: createHash('sha256').update(iso).digest('hex') };
}

/** The files of a config drive, by absolute path. */
export async function configDriveFiles({
  gzipped,
}: ConfigDrive): Promise<{ label: string; files: Record<string, string> }> {
  const iso = await Iso.open(memoryBlocks(inflate(gzipped)));
  const files: Record<string, string> = {};
  const walk = async (path: string, depth: number): Promise<void> => {
    const folder = await iso.find(path);
    if (folder === undefined || depth > 8) return;
    for (const entry of await iso.list(folder)) {
      const below = `${path}/${entry.name}`;
      if (entry.directory) await walk(below, depth + 1);
      else files[below] = (await iso.content(entry, 64 * 1024 * 1024)).toString('utf8');
    }
  };
  await walk('', 0);
  return { label: iso.label, files };
}

function inflate(gzipped: Buffer): Buffer {
  try {
    return gunzipSync(gzipped);
  } catch (cause) {
    throw new MediumError(`the config drive is not gzip: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** Why firmware cannot boot this disk; undefined when it can. */
export function diskBootFault(content: DiskContent | undefined): string | undefined {
  if (content === undefined) return 'the disk is empty';
  if (!content.complete) return 'the disk holds an image that was not written to its end';
  const { head } = content.image;
  const bootRecord = head.length >= 512 && head.readUInt16LE(510) === 0xaa55;
  const gpt = head.length >= 520 && head.toString('latin1', 512, 520) === 'EFI PART';
  return bootRecord || gpt ? undefined : 'the disk has no partition table (neither MBR nor GPT in its first KiB)';
}
