import { createHash } from 'node:crypto';
import { configDriveOfParts, decodeConfigDrive, type ConfigDriveParts } from '@metal3/boot-artifacts';
import type { BootEntry } from '@metal3/boot-client';
import { bootErrors } from '../errors.ts';

/** A config drive as a medium: an ISO 9660 image, or whatever image was posted. */
export interface ConfigDrive {
  readonly bytes: Uint8Array;
  /** Strong validator, with quotes. The same on every replica. */
  readonly etag: string;
}

/**
 * The config drives of machines that run from a ready-made ISO, which has no room for them. They are made when first asked for and stay in
 * memory, since what they hold is secret.
 */
export interface ConfigDrives {
  /** @throws CodedError: of the source, of imageErrors, or BOOT-CONFIG-DRIVE for what is no drive */
  get(entry: WhoseDrive): Promise<ConfigDrive>;
  drop(nodeUuid: string): void;
}

export type WhoseDrive = Pick<BootEntry, 'nodeUuid' | 'capability'>;

export interface ConfigDrivePorts {
  /** What was posted for the instance, and the name of the node. @throws CodedError when there is none */
  readonly posted: (whose: WhoseDrive) => Promise<{ readonly posted: string; readonly nodeName: string }>;
  /** @throws CodedError of imageErrors */
  readonly fetch: (url: string, limit: number) => Promise<Buffer>;
}

/** Bytes of one drive, and of those that are kept: the one made longest ago makes room. */
const largest = 64 * 1024 * 1024;
const kept = 2 * largest;

interface Made {
  readonly capability: string;
  readonly drive: Promise<ConfigDrive>;
  bytes: number;
}

export function configDrives(ports: ConfigDrivePorts): ConfigDrives {
  const made = new Map<string, Made>();

  async function make(whose: WhoseDrive): Promise<ConfigDrive> {
    const { posted, nodeName } = await ports.posted(whose);
    const bytes = await imageOf(posted.trim(), { uuid: whose.nodeUuid, name: nodeName === '' ? null : nodeName });
    return { bytes, etag: `"${createHash('sha256').update(bytes).digest('hex')}"` };
  }

  async function imageOf(posted: string, node: { uuid: string; name: string | null }): Promise<Uint8Array> {
    if (posted.startsWith('{')) return configDriveOfParts(partsOf(posted, node.uuid), node);
    if (!posted.includes('://')) return decoded(posted, node.uuid);
    const there = await ports.fetch(posted, largest);
    // What lies at a URL may be wrapped as it is posted, or be the image itself.
    return isBase64(there) ? decoded(there.toString('latin1'), node.uuid) : there;
  }

  function makeRoom(): void {
    let sum = 0;
    for (const { bytes } of made.values()) sum += bytes;
    for (const [nodeUuid, { bytes }] of made) {
      if (sum <= kept) return;
      made.delete(nodeUuid);
      sum -= bytes;
    }
  }

  return {
    get(whose) {
      const known = made.get(whose.nodeUuid);
      if (known?.capability === whose.capability) return known.drive;
      const record: Made = { capability: whose.capability, drive: make(whose), bytes: 0 };
      made.set(whose.nodeUuid, record);
      record.drive.then(
        ({ bytes }) => {
          record.bytes = bytes.length;
          makeRoom();
        },
        // A failure is not kept: the next request tries again.
        () => {
          if (made.get(whose.nodeUuid) === record) made.delete(whose.nodeUuid);
        },
      );
      return record.drive;
    },
    drop: (nodeUuid) => void made.delete(nodeUuid),
  };
}

const isBase64 = (bytes: Buffer): boolean => /^[A-Za-z0-9+/=\s]+$/.test(bytes.toString('latin1'));

function decoded(text: string, nodeUuid: string): Uint8Array {
  try {
    return decodeConfigDrive(text, largest);
  } catch (error) {
    throw unusable(nodeUuid, error);
  }
}

function partsOf(text: string, nodeUuid: string): ConfigDriveParts {
  try {
    return JSON.parse(text) as ConfigDriveParts;
  } catch (error) {
    throw unusable(nodeUuid, error);
  }
}

const unusable = (nodeUuid: string, cause: unknown) =>
  bootErrors.configDrive(
    `the config drive of node ${nodeUuid} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause, details: { node: nodeUuid } },
  );
