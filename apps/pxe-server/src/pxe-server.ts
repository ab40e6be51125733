import { readFile } from 'node:fs/promises';
import type { BootEntry } from '@metal3/boot-client';
import type { ServiceImplementation } from '@metal3/grpc';
import type { Part, Service } from '@metal3/service';
import { Gauge, Histogram } from 'prom-client';
import { byArchitecture } from './boot/artefacts.ts';
import { bootEntries } from './boot/entries.ts';
import { configDrives, type ConfigDrivePorts } from './boot/config-drives.ts';
import { readIsolinux } from './boot/isolinux.ts';
import { bootMedia, type Media } from './boot/media.ts';
import { bootEvents, type BootEvents } from './events/boot-events.ts';
import type { PxeServerConfig } from './config.ts';
import { bootErrors } from './errors.ts';
import { alwaysOnDuty } from './dhcp/duty.ts';
import type { Duty } from './dhcp/ports.ts';
import { fetchBytes } from './files/fetch-text.ts';
import { httpFetcher } from './files/http-fetcher.ts';
import { fileLibrary } from './files/library.ts';
import { objectStore } from './files/object-store.ts';
import type { LocalFile } from './files/ports.ts';
import { fileSourceMemory } from './files/source-memory.ts';
import { workerHasher } from './files/worker-hasher.ts';
import { bodySender } from './http/body.ts';
import { serveBoot } from './http/boot-routes.ts';
import { serveNetworkBoot } from './http/network-boot-routes.ts';
import { httpListener, type HttpListener } from './http/listener.ts';
import { openFiles, type OpenFile, type OpenFiles } from './http/open-files.ts';
import { fileImageIndex } from './images/image-index.ts';
import { fileOpenOperations } from './images/open-operations.ts';
import { imageOperations } from './images/operations.ts';
import { processRunner, type JobProgram } from './images/runner.ts';
import { assembleNetworkBoot } from './network-boot.ts';
import { bootService } from './rpc/boot-service.ts';

export interface PxeServer {
  /** Opens the cache; starts first. */
  readonly files: Part;
  readonly http: HttpListener;
  /** Off unless configured. */
  readonly dhcp: Part;
  readonly dhcp6: Part;
  readonly tftp: Part;
  readonly bootService: ServiceImplementation;
  /** What happens on the way to running machines. */
  readonly events: BootEvents;
  /** To be called for every boot entry that is new, differs or is gone. */
  readonly entryChanged: (nodeUuid: string, entry: BootEntry | undefined) => void;
}

/**
 * Everything but the connection to ironic-api and the gRPC listener.
 * @param synced tells whether all boot entries are known
 * @param postedConfigDrive asks ironic-api
 * @param imageJob program of one job on an image
 * @param duty tells whether this replica is the one that answers DHCP
 */
export function assemblePxeServer(
  config: Pick<PxeServerConfig, 'agent' | 'cache' | 'dhcp' | 'dhcp6' | 'http' | 'https' | 'images' | 'ipxe' | 'tftp'>,
  service: Service,
  synced: () => boolean,
  postedConfigDrive: ConfigDrivePorts['posted'],
  imageJob: JobProgram,
  duty: Duty = alwaysOnDuty,
): PxeServer {
  const { clock, log, metrics } = service;
  const { agent, cache } = config;
  const defaults = {
    kernels: byArchitecture(agent.kernels),
    ramdisks: byArchitecture(agent.ramdisks),
    espImages: byArchitecture(agent.espImages),
    httpLoaders: byArchitecture(agent.httpLoaders),
  };
  const entries = bootEntries();
  const events = bootEvents(clock, log);
  const openedFiles = openFiles(clock);
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
    name: 'pxe_boot_media_own_bytes',
    help: 'Bytes of boot media that are not shared between machines',
    registers: [metrics],
    collect() {
      this.set(media?.size().ownBytes ?? 0);
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
    loader: (cpuArchitecture) => getMedia().loader(cpuArchitecture),
    hasLoader: (cpuArchitecture) => getMedia().hasLoader(cpuArchitecture),
    pinned: () => getMedia().pinned(),
    size: () => getMedia().size(),
  };
  const drives = configDrives({
    posted: postedConfigDrive,
    async fetch(url, limit) {
      const bytes = await fetchBytes(fetcher, url, limit, service.signal);
      if (bytes === undefined) throw bootErrors.configDrive(`${url} is longer than ${limit} bytes`);
      return bytes;
    },
  });
  const body = bodySender(openedFiles);
  const baseUrl = () => http.baseUrl();
  const networkBoot = assembleNetworkBoot(config, service, { entries, events, baseUrl, synced, duty });
  const routes = {
    ...networkBoot.routes,
    discovery: networkBoot.discovery,
    entries,
    media: lazyMedia,
    configDrives: drives,
    image: (digest: string) => store.use(digest),
    body,
    events,
    liveIso: agent.liveIso,
    baseUrl,
    synced,
  };
  const http = httpListener(
    config.http,
    config.https,
    async (request, response) => serveNetworkBoot(request, response, routes) ?? serveBoot(request, response, routes),
  );
  const index = fileImageIndex(cache.folder);
  const { permittedFormats, insecureRegistries, convertMemory, convertCpu, jobs, timeout } = config.images;
  const operations = imageOperations({
    store,
    index,
    open: fileOpenOperations(cache.folder),
    run: processRunner(imageJob, timeout, clock),
    limits: {
      largestFile: cache.maxSize,
      permittedFormats,
      fileRoots: cache.fileRoots,
      insecureRegistries,
      convertMemory,
      convertCpu,
      stallMs: cache.stallTimeout,
    },
    jobs,
    clock,
    log,
    onEnd({ state, url, error, file }, ms) {
      const outcome = state === 'done' ? 'done' : 'failed';
      durations.observe({ outcome }, ms / 1000);
      const image = { client: '', what: 'image', bytes: file?.size ?? 0 };
      if (error === undefined)
        events.record({ ...image, kind: 'image-cached', detail: `${url} ${file?.digest ?? ''}` });
      else events.record({ ...image, kind: 'image-failed', detail: `${url}: ${error.code} ${error.message}` });
    },
  });
  new Gauge({
    name: 'pxe_image_operations',
    help: 'Image operations that wait or run',
    registers: [metrics],
    collect() {
      this.set(operations.running);
    },
  });
  return {
    files: {
      name: 'files',
      async start() {
        await store.open();
        media = bootMedia({
          library,
          defaults,
          isolinux: await readIsolinux(agent.isolinux),
          apiCertificate: agent.apiCaFile === '' ? '' : await readFile(agent.apiCaFile, 'utf8'),
          fetchIsos: agent.liveIso === 'through',
          isHere: (file) => isHere(openedFiles, file),
          lost: ({ digest }) => store.forget(digest),
          log,
        });
        log.info({ folder: cache.folder, files: store.count, bytes: store.size }, 'file cache is open');
        operations.resume();
      },
      async stop() {
        operations.stop();
        library.stop();
      },
    },
    http,
    dhcp: networkBoot.dhcp,
    dhcp6: networkBoot.dhcp6,
    tftp: networkBoot.tftp,
    bootService: bootService({
      entries,
      media: lazyMedia,
      configDrives: drives,
      operations,
      images: {
        list: () => store.list(),
        remove: (digest) => store.remove(digest),
        urlsOf: (digest) => [...index.urlsOf(digest), ...library.urlsOf(digest)],
      },
      events,
      liveIso: agent.liveIso,
      baseUrl: http.baseUrl,
      mediaUrl: http.mediaUrl,
      clock,
    }),
    events,
    entryChanged(nodeUuid, entry) {
      entries.changed(nodeUuid, entry);
      if (entry?.kind !== 'iso') drives.drop(nodeUuid);
      if (entry === undefined || entry.kind === 'local') lazyMedia.drop(nodeUuid);
      else lazyMedia.prepare(entry);
    },
  };
}

/** Costs nothing for a file that is open already, as it is while somebody reads it. */
function isHere(files: OpenFiles, file: LocalFile): boolean | Promise<boolean> {
  const opening = files.open(file);
  const opened = ({ release }: OpenFile) => {
    release();
    return true;
  };
  return opening instanceof Promise ? opening.then(opened, () => false) : opened(opening);
}
