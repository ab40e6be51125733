import { BootService, type BootEntry } from '@metal3/boot-client';
import { implement, type ServiceImplementation } from '@metal3/grpc';
import type { Clock } from '@metal3/service';
import type { BootEntries } from '../boot/entries.ts';
import type { ConfigDrives } from '../boot/config-drives.ts';
import type { Media } from '../boot/media.ts';
import { bootErrors } from '../errors.ts';
import type { BootEvents } from '../events/boot-events.ts';
import type { StoredFile } from '../files/object-store.ts';
import type { ImageOperation, ImageOperations } from '../images/operations.ts';

/** Longest wait for an entry to arrive or its files to be fetched; callers with a shorter deadline get an answer before it. */
const patienceMs = 15_000;

export interface BootServicePorts {
  readonly entries: BootEntries;
  readonly media: Media;
  readonly configDrives: ConfigDrives;
  readonly operations: ImageOperations;
  /** The cache, for people. */
  readonly images: {
    list(): readonly StoredFile[];
    remove(digest: string): Promise<void>;
    urlsOf(digest: string): readonly string[];
  };
  readonly events: BootEvents;
  readonly liveIso: 'through' | 'redirect';
  readonly baseUrl: () => string;
  /** Base URL of virtual media as BMCs reach it. */
  readonly mediaUrl: () => string;
  readonly clock: Clock;
}

/** metal3.boot.v1.BootService, for conductors. */
export function bootService(ports: BootServicePorts): ServiceImplementation {
  const { entries, media, configDrives, operations, images, events, baseUrl, mediaUrl, clock } = ports;
  const patience = (deadline: number | undefined) =>
    Math.max(100, Math.min(patienceMs, (deadline ?? Number.POSITIVE_INFINITY) - clock.now() - 500));

  async function entryOf(
    nodeUuid: string,
    capability: string,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<BootEntry> {
    const limit = clock.deadline(waitMs, signal);
    try {
      return await entries.appearance(nodeUuid, capability, limit);
    } catch {
      throw bootErrors.entryUnknown(`the boot entry of node ${nodeUuid} has not arrived here`, {
        details: { node: nodeUuid },
      });
    }
  }

  async function isoSize(entry: BootEntry, waitMs: number, signal: AbortSignal): Promise<number> {
    const limit = clock.deadline(waitMs, signal);
    const late = new Promise<never>((_, reject) => {
      const loading = () =>
        reject(bootErrors.filesLoading(`the files that node ${entry.nodeUuid} boots are still being fetched`));
      limit.addEventListener('abort', loading, { once: true });
      if (limit.aborted) loading();
    });
    late.catch(() => {});
    const medium = await Promise.race([media.get(entry), late]);
    return medium.kind === 'agent' ? medium.iso.size : medium.file.size;
  }

  return implement(BootService, {
    async resolveBoot({ nodeUuid, capability }, { deadline, signal }) {
      const until = clock.now() + patience(deadline);
      const entry = await entryOf(nodeUuid, capability, until - clock.now(), signal);
      const base = `${baseUrl()}/boot/${entry.capability}`;
      const isoUrl = `${mediaUrl()}/boot/${entry.capability}/boot.iso`;
      const ipxeScriptUrl = `${base}/boot.ipxe`;
      const loader = media.hasLoader(entry.cpuArchitecture) ? { efiUrl: `${base}/boot.efi` } : {};
      const size = async () => BigInt(await isoSize(entry, Math.max(100, until - clock.now()), signal));
      switch (entry.kind) {
        case 'agent':
          return { isoUrl, ipxeScriptUrl, ...loader, isoSizeBytes: await size() };
        case 'iso':
          return ports.liveIso === 'redirect'
            ? { isoUrl: entry.isoUrl, ipxeScriptUrl, ...loader }
            : { isoUrl, ipxeScriptUrl, ...loader, isoSizeBytes: await size() };
        default:
          throw bootErrors.noMedium(`node ${nodeUuid} boots from its disk`);
      }
    },
    async resolveConfigDrive({ nodeUuid, capability }, { deadline, signal }) {
      const entry = await entryOf(nodeUuid, capability, patience(deadline), signal);
      if (entry.kind !== 'iso') throw bootErrors.noConfigDrive(`node ${nodeUuid} does not run from a ready-made ISO`);
      const { bytes } = await configDrives.get(entry);
      return { url: `${mediaUrl()}/boot/${capability}/config-drive.img`, sizeBytes: BigInt(bytes.length) };
    },
    startImageCache: ({ $typeName: _, $unknown: __, requestId: ___, ...request }) => ({
      operation: wireOperation(operations.start(request), baseUrl()),
    }),
    getImageOperation: ({ id }) => ({ operation: wireOperation(operations.get(id), baseUrl()) }),
    async *watchImageOperation({ id }, { signal }) {
      for await (const operation of operations.watch(id, signal)) {
        yield { operation: wireOperation(operation, baseUrl()) };
      }
    },
    listCachedImages: () => ({
      images: images.list().map(({ digest, size, usedAt, pinned }) => ({
        digest,
        pinned,
        sizeBytes: BigInt(size),
        usedAtMs: BigInt(Math.round(usedAt)),
        sourceUrls: [...new Set(images.urlsOf(digest))],
      })),
    }),
    async evictCachedImage({ digest }) {
      await images.remove(digest);
      return {};
    },
    async *watchBootEvents({ afterId }, { signal }) {
      for await (const event of events.watch(Number(afterId), signal)) {
        const { id, at, bytes, ...rest } = event;
        yield { event: { ...rest, id: BigInt(id), atMs: BigInt(at), bytes: BigInt(bytes) } };
      }
    },
  });
}

function wireOperation(operation: ImageOperation, base: string) {
  const { id, state, stage, bytesDone, bytesTotal, error, file, image } = operation;
  return {
    id,
    state,
    stage,
    bytesDone: BigInt(bytesDone),
    bytesTotal: BigInt(bytesTotal),
    ...(error === undefined ? {} : { errorCode: error.code, errorMessage: error.message, errorRemedy: error.remedy }),
    ...(file === undefined
      ? {}
      : { servedUrl: `${base}/images/${file.digest}`, digest: file.digest, sizeBytes: BigInt(file.size) }),
    ...(image === undefined
      ? {}
      : {
          diskFormat: image.diskFormat,
          sourceFormat: image.sourceFormat,
          virtualSizeBytes: BigInt(image.virtualSize),
        }),
  };
}
