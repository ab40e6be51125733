import type { Json, JsonObject, Node } from '@metal3/node';
import type { Change, Decision, Seen } from '../../work/decision.ts';
import { withFailure } from '../../work/journal.ts';
import type { Performer } from '../../work/perform.ts';
import type { Policy } from '../../work/policy.ts';
import { deployInterfaceOf } from './instance.ts';

/** An image on its way through the image service. */
export type PreparedImage =
  | { readonly operation: string; readonly state: 'running'; readonly stage: string; readonly percent: number | null }
  | {
      readonly operation: string;
      readonly state: 'done';
      /** Where agents fetch it, and what they get there. */
      readonly url: string;
      readonly sha256: string;
      readonly diskFormat: string;
    }
  | { readonly operation: string; readonly state: 'failed'; readonly error: string };

export interface ImageWanted {
  readonly url: string;
  readonly checksum: string;
  readonly checksumType: string;
  readonly diskFormat: string;
  readonly forceRaw: boolean;
  readonly pullSecret: string;
  readonly cpuArchitecture: string;
}

/** Brings images to where agents of the provisioning network can fetch them. */
export interface ImageService {
  /** Starts, or joins what was started with the same words. */
  start(wanted: ImageWanted, signal: AbortSignal): Promise<PreparedImage>;
  /** Undefined when nothing is known of the operation: start again. */
  look(operation: string, signal: AbortSignal): Promise<PreparedImage | undefined>;
}

/** How often an image under way is looked at. */
const lookMs = 2_000;

const text = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** True when the image is to pass through the image service (`local`), not to be fetched from its own server by the agent (`http`). */
export function wantsLocalImage(node: Node, { imageDownloadSource }: Policy): boolean {
  const source =
    text(node.instanceInfo['image_download_source']) ??
    text(node.driverInfo['image_download_source']) ??
    imageDownloadSource;
  return source === 'local' && deployInterfaceOf(node) === 'direct';
}

/** Starts the image as the first thing of a deployment, so that it is made ready while the machine boots. */
export function decideImageStart({ node, policy, journal }: Seen): Decision | undefined {
  if (journal.image !== null || !wantsLocalImage(node, policy)) return undefined;
  return { kind: 'effect', effect: { kind: 'start-image' } };
}

/** Waits for the image before it is written; undefined when it is there, or none was asked for. */
export function decideImageReady(seen: Seen, whileWaiting: Change | undefined): Decision | undefined {
  const { journal, node, now } = seen;
  if (journal.image === null) return undefined;
  const { image, lookedAt } = journal.image;
  const source = String(node.instanceInfo['image_source']);
  switch (image.state) {
    case 'done':
      return undefined;
    case 'failed':
      return {
        kind: 'note',
        journal: withFailure(journal, `The image ${source} could not be prepared: ${image.error}`),
      };
    case 'running': {
      if (now - lookedAt >= lookMs) return { kind: 'effect', effect: { kind: 'look-at-image' } };
      const how = image.percent === null ? image.stage : `${image.stage}, ${image.percent} %`;
      const progress = `preparing the image (${how})`;
      return {
        kind: 'wait',
        waitKind: 'agent',
        awaited: `the image ${source} (${how})`,
        wakeAt: lookedAt + lookMs,
        change: { ...whileWaiting, patch: { ...whileWaiting?.patch, progress } },
      };
    }
  }
}

export interface ImagePorts {
  readonly images: ImageService;
  /** Opens sealed values of instance_info. */
  readonly reveal: (node: Node) => JsonObject;
}

export function imagePerformers({ images, reveal }: ImagePorts): {
  readonly 'start-image': Performer<'start-image'>;
  readonly 'look-at-image': Performer<'look-at-image'>;
} {
  const start: Performer<'start-image'> = async (_effect, { seen, signal }) => {
    const { node, policy, journal, now } = seen;
    const image = await images.start(imageWanted(node, reveal(node), policy), signal);
    return { journal: { ...journal, image: { image, lookedAt: now } } };
  };
  return {
    'start-image': start,
    async 'look-at-image'(_effect, hand) {
      const { journal, now } = hand.seen;
      if (journal.image === null) return { journal };
      const image = await images.look(journal.image.image.operation, hand.signal);
      return image === undefined
        ? start({ kind: 'start-image' }, hand)
        : { journal: { ...journal, image: { image, lookedAt: now } } };
    },
  };
}

function imageWanted(node: Node, info: JsonObject, { forceRawImages }: Policy): ImageWanted {
  const hash = text(info['image_os_hash_value']);
  return {
    url: text(info['image_source']) ?? '',
    checksum: hash ?? text(info['image_checksum']) ?? '',
    checksumType: hash === undefined ? '' : (text(info['image_os_hash_algo']) ?? ''),
    diskFormat: text(info['image_disk_format']) ?? '',
    forceRaw: forceRawImages,
    pullSecret: text(info['image_pull_secret']) ?? '',
    cpuArchitecture: text(node.properties['cpu_arch']) ?? '',
  };
}
