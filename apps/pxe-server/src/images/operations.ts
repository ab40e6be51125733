import { toCodedError, type Clock, type CodedError, type Logger, type Random } from '@metal3/service';
import { imageErrors } from '../errors.ts';
import type { FileLibrary } from '../files/library.ts';
import type { LocalFile } from '../files/ports.ts';
import { findDigest, readChecksum } from './checksum.ts';

/** An image on its way into the cache. */
export interface ImageOperation {
  readonly id: string;
  readonly url: string;
  readonly state: 'running' | 'done' | 'failed';
  readonly bytesDone: number;
  /** 0 while unknown. */
  readonly bytesTotal: number;
  readonly error?: CodedError;
  readonly file?: LocalFile;
}

export interface ImageRequest {
  readonly url: string;
  /** Hex digest or URL of a checksum file; empty for none. */
  readonly checksum: string;
  readonly checksumType: string;
}

export interface ImageOperations {
  /**
   * Starts bringing an image here; the same request joins the operation that runs or has succeeded.
   * @throws CodedError when the request itself is wrong
   */
  start(request: ImageRequest): ImageOperation;
  /** @throws CodedError IMAGE-OPERATION-UNKNOWN */
  get(id: string): ImageOperation;
}

/** Operations that have ended are remembered this long. */
const memoryMs = 3_600_000;
/** Checksum files are a few KiB; more is not one. */
const longestChecksumFile = 1024 * 1024;

export interface OperationOptions {
  readonly library: FileLibrary;
  readonly fetchText: (url: string, limit: number) => Promise<string>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly onEnd?: (outcome: 'done' | 'failed', ms: number) => void;
}

export function imageOperations({ library, fetchText, clock, random, log, onEnd }: OperationOptions): ImageOperations {
  const byId = new Map<string, ImageOperation & { readonly endedAt?: number }>();
  const byRequest = new Map<string, string>();

  function forget(): void {
    for (const [id, { endedAt }] of byId) {
      if (endedAt !== undefined && clock.now() - endedAt > memoryMs) byId.delete(id);
    }
    for (const [request, id] of byRequest) if (!byId.has(id)) byRequest.delete(request);
  }

  async function work(id: string, { url, checksum, checksumType }: ImageRequest): Promise<LocalFile> {
    const wanted = checksum === '' ? undefined : readChecksum(checksum, checksumType);
    const expected =
      wanted?.kind === 'file'
        ? findDigest(await fetchText(wanted.url, longestChecksumFile), url, wanted.algorithm, wanted.url)
        : wanted?.expected;
    return library.get(url, expected, (bytesDone, bytesTotal) => {
      const operation = byId.get(id);
      if (operation?.state === 'running') byId.set(id, { ...operation, bytesDone, bytesTotal });
    });
  }

  return {
    start(request) {
      forget();
      if (!/^(https?|file):\/\//.test(request.url))
        throw imageErrors.url(`"${request.url}" is not an http, https or file URL`);
      if (request.checksum !== '') readChecksum(request.checksum, request.checksumType);
      const key = JSON.stringify([request.url, request.checksum, request.checksumType]);
      const running = byId.get(byRequest.get(key) ?? '');
      if (running !== undefined && running.state === 'running') return running;
      const id = random.uuid();
      const operation: ImageOperation = { id, url: request.url, state: 'running', bytesDone: 0, bytesTotal: 0 };
      const began = clock.monotonic();
      byId.set(id, operation);
      byRequest.set(key, id);
      const end = (rest: Partial<ImageOperation> & Pick<ImageOperation, 'state'>) => {
        const now = byId.get(id) ?? operation;
        byId.set(id, { ...now, ...rest, endedAt: clock.now() });
        onEnd?.(rest.state === 'done' ? 'done' : 'failed', clock.monotonic() - began);
      };
      work(id, request).then(
        (file) => {
          log.info({ url: request.url, bytes: file.size, digest: file.digest }, 'image is cached');
          end({ state: 'done', file, bytesDone: file.size, bytesTotal: file.size });
        },
        (reason: unknown) => {
          const error = toCodedError(reason);
          log.warn({ url: request.url, error }, 'image could not be cached');
          end({ state: 'failed', error });
        },
      );
      return operation;
    },
    get(id) {
      const operation = byId.get(id);
      if (operation === undefined) throw imageErrors.operationUnknown(`there is no image operation ${id}`);
      return operation;
    },
  };
}
