import { toCodedError, type Clock, type CodedError, type Logger } from '@metal3/service';
import { imageErrors } from '../errors.ts';
import type { ExpectedDigest } from '../files/library.ts';
import type { ObjectStore } from '../files/object-store.ts';
import type { LocalFile } from '../files/ports.ts';
import { readChecksum } from './checksum.ts';
import { admit } from './formats/policy.ts';
import type { ImageFormat } from './formats/verdict.ts';
import type { ImageIndex, KnownImage } from './image-index.ts';
import type { JobLimits, JobResult, Stage } from './job/protocol.ts';
import type { OpenOperations } from './open-operations.ts';
import { checkRequest, operationId, productKey, type ImageRequest } from './request.ts';
import type { JobRunner } from './runner.ts';

/** An image on its way into the cache. */
export interface ImageOperation {
  readonly id: string;
  readonly url: string;
  readonly state: 'running' | 'done' | 'failed';
  readonly stage: Stage;
  readonly bytesDone: number;
  /** 0 while unknown. */
  readonly bytesTotal: number;
  readonly error?: CodedError;
  readonly file?: LocalFile;
  readonly image?: KnownImage;
}

export interface ImageOperations {
  /**
   * Starts bringing an image here; the same request joins the operation that runs.
   * @throws CodedError when the request itself is wrong
   */
  start(request: ImageRequest): ImageOperation;
  /** @throws CodedError IMAGE-OPERATION-UNKNOWN */
  get(id: string): ImageOperation;
  /** The operation now and after each change, until it has ended. @throws CodedError IMAGE-OPERATION-UNKNOWN */
  watch(id: string, signal: AbortSignal): AsyncIterable<ImageOperation>;
  /** Goes on with what an earlier run of the service did not end. */
  resume(): void;
  /** Ends all jobs. */
  stop(): void;
  readonly running: number;
}

export interface OperationOptions {
  readonly store: ObjectStore;
  readonly index: ImageIndex;
  readonly open: OpenOperations;
  readonly run: JobRunner;
  readonly limits: JobLimits;
  /** Jobs at a time; others wait. */
  readonly jobs: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onEnd: (operation: ImageOperation, ms: number) => void;
}

/** Operations that have ended are remembered this long. */
const memoryMs = 3_600_000;

interface Entry {
  operation: ImageOperation;
  readonly request: ImageRequest;
  endedAt: number | undefined;
  readonly listeners: Set<() => void>;
}

/** Thrown inside to end a job whose product turned out to be here already. */
const alreadyHere = Symbol('already here');

export function imageOperations(options: OperationOptions): ImageOperations {
  const { store, index, open, run, limits, jobs, clock, log, onEnd } = options;
  const entries = new Map<string, Entry>();
  const queue: (() => void)[] = [];
  const stopping = new AbortController();
  let busy = 0;

  const running = () => [...entries.values()].filter(({ operation }) => operation.state === 'running');

  function change(entry: Entry, patch: Partial<ImageOperation>): void {
    entry.operation = { ...entry.operation, ...patch };
    for (const wake of entry.listeners) wake();
  }

  function forget(): void {
    for (const [id, { endedAt }] of entries) {
      if (endedAt !== undefined && clock.now() - endedAt > memoryMs) entries.delete(id);
    }
  }

  async function turn(): Promise<void> {
    if (busy >= jobs) await new Promise<void>((resolve) => queue.push(resolve));
    else busy++;
  }

  /** A turn is handed on rather than given back, so that nobody overtakes. */
  function turnOver(): void {
    const next = queue.shift();
    if (next === undefined) busy--;
    else next();
  }

  async function cached(
    key: string,
    request: ImageRequest,
  ): Promise<{ image: KnownImage; file: LocalFile } | undefined> {
    const image = index.find(key);
    if (image === undefined) return undefined;
    const file = await store.use(image.digest);
    if (file === undefined) return undefined;
    const { sourceFormat, virtualSize } = image;
    // Both may have changed since, or differ in this request.
    admit({ format: sourceFormat as ImageFormat, virtualSize }, request.diskFormat, {
      permitted: limits.permittedFormats,
      largestDisk: limits.largestFile,
    });
    return { image, file };
  }

  async function work(entry: Entry): Promise<{ image: KnownImage; file: LocalFile }> {
    const { request } = entry;
    const told = request.checksum === '' ? undefined : readChecksum(request.checksum, request.checksumType);
    let expected: ExpectedDigest | undefined = told?.kind === 'digest' ? told.expected : undefined;
    const early = expected === undefined ? undefined : await cached(productKey(expected, request), request);
    if (early !== undefined) return early;
    await turn();
    try {
      if (expected !== undefined) {
        // Another request may have brought the same image while this one waited.
        const meanwhile = await cached(productKey(expected, request), request);
        if (meanwhile !== undefined) return meanwhile;
      }
      const job = new AbortController();
      let found: { image: KnownImage; file: LocalFile } | undefined;
      const watch = {
        signal: AbortSignal.any([job.signal, stopping.signal]),
        progress: (stage: Stage, bytesDone: number, bytesTotal: number) =>
          change(entry, { stage, bytesDone, bytesTotal }),
        resolved(digest: ExpectedDigest) {
          expected = digest;
          cached(productKey(digest, request), request).then(
            (here) => {
              found = here;
              if (here !== undefined) job.abort(alreadyHere);
            },
            (error: unknown) => job.abort(error),
          );
        },
      };
      const order = { ...request, draft: await store.draftPath(operationId(request)), limits };
      let result: JobResult;
      try {
        result = await run(order, watch);
      } catch (error) {
        if (error === alreadyHere && found !== undefined) return found;
        throw error;
      }
      return await keep(result, request, expected);
    } finally {
      turnOver();
    }
  }

  async function keep(
    { path, digest, size, ...about }: JobResult,
    request: ImageRequest,
    expected: ExpectedDigest | undefined,
  ): Promise<{ image: KnownImage; file: LocalFile }> {
    const file = await store.keep({ path, size }, digest);
    const { sourceFormat, diskFormat, virtualSize } = about;
    const image: KnownImage = { digest, sourceFormat, diskFormat, virtualSize, url: request.url };
    if (expected !== undefined) await index.add(productKey(expected, request), image);
    // Room may have been made for it.
    await index.keepOnly((known) => store.find(known) !== undefined);
    return { image, file };
  }

  function start(request: ImageRequest): ImageOperation {
    forget();
    checkRequest(request);
    const id = operationId(request);
    const before = entries.get(id);
    if (before?.operation.state === 'running') return before.operation;
    const operation: ImageOperation = {
      id,
      url: request.url,
      state: 'running',
      stage: 'waiting',
      bytesDone: 0,
      bytesTotal: 0,
    };
    const entry: Entry = { operation, request, endedAt: undefined, listeners: new Set() };
    entries.set(id, entry);
    open.save(running().map((one) => one.request));
    const began = clock.monotonic();
    const end = (patch: Partial<ImageOperation>) => {
      entry.endedAt = clock.now();
      change(entry, patch);
      open.save(running().map((one) => one.request));
      onEnd(entry.operation, clock.monotonic() - began);
    };
    work(entry).then(
      ({ file, image }) => end({ state: 'done', file, image, bytesDone: file.size, bytesTotal: file.size }),
      (reason: unknown) => {
        // The service stops: the operation is not over, the next run goes on with it.
        if (stopping.signal.aborted) return;
        end({ state: 'failed', error: toCodedError(reason) });
      },
    );
    return entry.operation;
  }

  function entryOf(id: string): Entry {
    const entry = entries.get(id);
    if (entry === undefined) throw imageErrors.operationUnknown(`there is no image operation ${id}`);
    return entry;
  }

  return {
    start,
    get: (id) => entryOf(id).operation,
    watch: (id, signal) => follow(entryOf(id), signal),
    resume() {
      for (const request of open.load()) {
        try {
          start(request);
        } catch (error) {
          log.warn({ error: toCodedError(error) }, 'an image operation of an earlier run cannot go on');
        }
      }
    },
    stop: () => stopping.abort(new DOMException('pxe-server is stopping', 'AbortError')),
    get running() {
      return running().length;
    },
  };
}

async function* follow(entry: Entry, signal: AbortSignal): AsyncGenerator<ImageOperation> {
  let last: ImageOperation | undefined;
  while (!signal.aborted) {
    if (entry.operation !== last) {
      last = entry.operation;
      yield last;
      if (last.state !== 'running') return;
      continue;
    }
    await new Promise<void>((resolve) => {
      const wake = () => {
        entry.listeners.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      entry.listeners.add(wake);
      signal.addEventListener('abort', wake, { once: true });
      if (signal.aborted) wake();
    });
  }
}
