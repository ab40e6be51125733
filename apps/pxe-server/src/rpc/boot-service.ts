import { BootService, type BootEntry } from '@metal3/boot-client';
import { implement, type ServiceImplementation } from '@metal3/grpc';
import type { Clock } from '@metal3/service';
import type { BootEntries } from '../boot/entries.ts';
import type { Media } from '../boot/media.ts';
import { bootErrors } from '../errors.ts';
import type { ImageOperation, ImageOperations } from '../images/operations.ts';

/** Longest wait for an entry to arrive or its files to be fetched; callers with a shorter deadline get an answer before it. */
const patienceMs = 15_000;

export interface BootServicePorts {
  readonly entries: BootEntries;
  readonly media: Media;
  readonly operations: ImageOperations;
  readonly baseUrl: () => string;
  readonly clock: Clock;
}

/** metal3.boot.v1.BootService, for conductors. */
export function bootService({ entries, media, operations, baseUrl, clock }: BootServicePorts): ServiceImplementation {
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
        reject(bootErrors.filesLoading(`kernel and ramdisk of node ${entry.nodeUuid} are still being fetched`));
      limit.addEventListener('abort', loading, { once: true });
      if (limit.aborted) loading();
    });
    late.catch(() => {});
    return (await Promise.race([media.get(entry), late])).iso.size;
  }

  return implement(BootService, {
    async resolveBoot({ nodeUuid, capability }, { deadline, signal }) {
      const until = clock.now() + patience(deadline);
      const entry = await entryOf(nodeUuid, capability, until - clock.now(), signal);
      const base = `${baseUrl()}/boot/${entry.capability}`;
      switch (entry.kind) {
        case 'agent': {
          const size = await isoSize(entry, Math.max(100, until - clock.now()), signal);
          return { isoUrl: `${base}/boot.iso`, ipxeScriptUrl: `${base}/boot.ipxe`, isoSizeBytes: BigInt(size) };
        }
        case 'iso':
          return { isoUrl: entry.isoUrl, ipxeScriptUrl: `${base}/boot.ipxe` };
        default:
          throw bootErrors.noMedium(`node ${nodeUuid} boots from its disk`);
      }
    },
    startImageCache: ({ url, checksum, checksumType }) => ({
      operation: wire(operations.start({ url, checksum, checksumType }), baseUrl()),
    }),
    getImageOperation: ({ id }) => ({ operation: wire(operations.get(id), baseUrl()) }),
  });
}

function wire({ id, state, bytesDone, bytesTotal, error, file }: ImageOperation, base: string) {
  return {
    id,
    state,
    bytesDone: BigInt(bytesDone),
    bytesTotal: BigInt(bytesTotal),
    ...(error === undefined ? {} : { errorCode: error.code, errorMessage: error.message }),
    ...(file === undefined ? {} : { servedUrl: `${base}/images/${file.digest}`, digest: file.digest }),
  };
}
