import type { BootEntry } from '@metal3/boot-client';
import type { ServiceImplementation } from '@metal3/grpc';
import type { Part, Service } from '@metal3/service';
import { Gauge, Histogram } from 'prom-client';
import { byArchitecture } from './boot/artefacts.ts';
import { bootEntries } from './boot/entries.ts';
import { readIsolinux } from './boot/isolinux.ts';
import { bootMedia, type Media } from './boot/media.ts';
import type { PxeServerConfig } from './config.ts';
import { fetchText } from './files/fetch-text.ts';
import { httpFetcher } from './files/http-fetcher.ts';
import { fileLibrary } from './files/library.ts';
import { objectStore } from './files/object-store.ts';
import { fileSourceMemory } from './files/source-memory.ts';
import { workerHasher } from './files/worker-hasher.ts';
import { serveBoot } from './http/boot-routes.ts';
import { httpListener, type HttpListener } from './http/listener.ts';
import { imageOperations } from './images/operations.ts';
import { bootService } from './rpc/boot-service.ts';

export interface PxeServer {
  /** Opens the cache; starts first. */
  readonly files: Part;
  readonly http: HttpListener;
  readonly bootService: ServiceImplementation;
  /** To be called for every boot entry that is new, differs or is gone. */
  readonly entryChanged: (nodeUuid: string, entry: BootEntry | undefined) => void;
}

/**
 * Everything but the connection to ironic-api and the gRPC listener.
 * @param synced tells whether all boot entries are known
 */
export function assemblePxeServer(
  config: Pick<PxeServerConfig, 'agent' | 'cache' | 'http'>,
  service: Service,
  synced: () => boolean,
): PxeServer {
  const { clock, random, log, metrics } = service;
  const { agent, cache } = config;
  const defaults = {
    kernels: byArchitecture(agent.kernels),
    ramdisks: byArchitecture(agent.ramdisks),
    espImages: byArchitecture(agent.espImages),
  };
  const entries = bootEntries();
  let media: Media | undefined;
  const store = objectStore(cache.folder, cache.maxSize, clock, () => media?.pinned() ?? new Set());
  const fetcher = httpFetcher(cache.stallTimeout);
  const library = fileLibrary({
    store,
    fetcher,
    hasher: workerHasher(),
    clock,
    memory: fileSourceMemory(cache.folder),
    recheckMs: agent.recheck,
    fileRoots: cache.fileRoots,
    trusted: new Set(Object.values(defaults).flatMap((urls) => [...urls.values()])),
  });
  const getMedia = () => {
    if (media === undefined) throw new Error('files has not started');
    return media;
  };
  const durations = new Histogram({
    name: 'pxe_image_operation_seconds',
    help: 'Time to bring an image into the cache',
    labelNames: ['outcome'],
    buckets: [0.1, 1, 5, 20, 60, 300, 1800],
    registers: [metrics],
  });
  new Gauge({
    name: 'pxe_cache_bytes',
    help: 'Size of the files in the cache',
    registers: [metrics],
    collect() {
      this.set(store.size);
    },
  });
  new Gauge({
    name: 'pxe_boot_entries',
    help: 'Machines that have a boot entry',
    registers: [metrics],
    collect() {
      this.set([...entries.all()].length);
    },
  });

  const lazyMedia: Media = {
    get: (entry) => getMedia().get(entry),
    prepare: (entry) => getMedia().prepare(entry),
    drop: (nodeUuid) => getMedia().drop(nodeUuid),
    pinned: () => getMedia().pinned(),
  };
  const http = httpListener(config.http, (request, response) =>
    serveBoot(request, response, { entries, media: lazyMedia, images: store, baseUrl: () => http.baseUrl(), synced }),
  );
  const operations = imageOperations({
    library,
    fetchText: (url, limit) => fetchText(fetcher, url, limit, service.signal),
    clock,
    random,
    log,
    onEnd: (outcome, ms) => durations.observe({ outcome }, ms / 1000),
  });
  return {
    files: {
      name: 'files',
      async start() {
        await store.open();
        media = bootMedia({ library, defaults, isolinux: await readIsolinux(agent.isolinux), log });
        log.info({ folder: cache.folder, files: store.count, bytes: store.size }, 'file cache is open');
      },
      async stop() {
        library.stop();
      },
    },
    http,
    bootService: bootService({ entries, media: lazyMedia, operations, baseUrl: http.baseUrl, clock }),
    entryChanged(nodeUuid, entry) {
      entries.changed(nodeUuid, entry);
      if (entry === undefined) lazyMedia.drop(nodeUuid);
      else lazyMedia.prepare(entry);
    },
  };
}
