import { virtualIso, type BootLoaders, type SharedFile, type VirtualIso } from '@metal3/boot-artifacts';
import type { BootEntry } from '@metal3/boot-client';
import { toCodedError, type Logger } from '@metal3/service';
import type { FileLibrary } from '../files/library.ts';
import type { LocalFile } from '../files/ports.ts';
import { agentFiles } from './agent-files.ts';
import { artefactUrls, type ArtefactDefaults } from './artefacts.ts';

/** Everything one machine can fetch for its entry. */
export type Medium = AgentMedium | IsoMedium;

/** The agent's ramdisk, as files and as a medium. */
export interface AgentMedium {
  readonly kind: 'agent';
  readonly entry: BootEntry;
  readonly iso: VirtualIso;
  readonly kernel: LocalFile;
  readonly ramdisk: LocalFile;
  /** Local files by the source names that stand in the layout of the ISO. */
  readonly files: ReadonlyMap<string, LocalFile>;
}

/** A ready-made ISO, passed through as it is. */
export interface IsoMedium {
  readonly kind: 'iso';
  readonly entry: BootEntry;
  readonly file: LocalFile;
  readonly files: ReadonlyMap<string, LocalFile>;
}

/** The media of all entries, made when first needed and kept until the entry goes. */
export interface Media {
  /** @throws CodedError of bootErrors or imageErrors */
  get(entry: BootEntry): Promise<Medium>;
  /** Begins to make the medium, so that it is there when a BMC asks. */
  prepare(entry: BootEntry): void;
  drop(nodeUuid: string): void;
  /** The UEFI program for firmware that boots over HTTP; undefined when none is configured. @throws CodedError of imageErrors */
  loader(cpuArchitecture: string): Promise<LocalFile | undefined>;
  hasLoader(cpuArchitecture: string): boolean;
  /** Digests of the files that media in use need. */
  pinned(): ReadonlySet<string>;
  /** Media that are made, and the bytes that are theirs alone. */
  size(): { readonly count: number; readonly ownBytes: number };
}

export interface MediaOptions {
  readonly library: FileLibrary;
  readonly defaults: ArtefactDefaults;
  /** Boot loader for BIOS machines, if configured. */
  readonly isolinux: BootLoaders['isolinux'];
  /** Certificate authority of the Ironic API (PEM), put on every agent's medium; empty for none. */
  readonly apiCertificate: string;
  /** Ready-made ISOs are fetched when an entry names one; without that they are only passed on as URLs. */
  readonly fetchIsos: boolean;
  /** True when the file can be read; one that was removed is fetched again. */
  readonly isHere: (file: LocalFile) => boolean | Promise<boolean>;
  /** A file turned out to be gone. */
  readonly lost: (file: LocalFile) => void;
  readonly log: Logger;
}

interface Made {
  readonly capability: string;
  readonly medium: Promise<Medium>;
  ready: Medium | undefined;
}

export function bootMedia(options: MediaOptions): Media {
  const { library, defaults, isolinux, isHere, lost, log } = options;
  const extraFiles = agentFiles(options.apiCertificate);
  const made = new Map<string, Made>();
  const loaderUrl = (cpuArchitecture: string) =>
    defaults.httpLoaders.get(cpuArchitecture) ?? defaults.httpLoaders.get('');

  async function make(entry: BootEntry): Promise<Medium> {
    if (entry.kind === 'iso') {
      const file = await library.get(entry.isoUrl);
      return { kind: 'iso', entry, file, files: byDigest([file]) };
    }
    const urls = artefactUrls(entry, defaults);
    const [kernel, ramdisk, esp] = await Promise.all([
      library.get(urls.kernel),
      library.get(urls.ramdisk),
      urls.esp === undefined ? undefined : library.get(urls.esp),
    ]);
    const iso = virtualIso({
      capability: entry.capability,
      kernelParameters: entry.kernelParameters,
      kernel: shared(kernel),
      ramdisk: shared(ramdisk),
      loaders: {
        ...(esp === undefined ? {} : { esp: shared(esp) }),
        // BIOS is a matter of PCs; the architecture is empty until the first inspection.
        ...(isolinux !== undefined && ['x86_64', ''].includes(entry.cpuArchitecture) ? { isolinux } : {}),
      },
      ...(entry.networkDataJson.length === 0 ? {} : { networkData: entry.networkDataJson }),
      extraFiles,
    });
    const files = byDigest([kernel, ramdisk, ...(esp === undefined ? [] : [esp])]);
    return { kind: 'agent', entry, iso, kernel, ramdisk, files };
  }

  function makeOnce(entry: BootEntry): Promise<Medium> {
    const known = made.get(entry.nodeUuid);
    if (known?.capability === entry.capability) return known.medium;
    const medium = make(entry);
    const record: Made = { capability: entry.capability, medium, ready: undefined };
    made.set(entry.nodeUuid, record);
    medium.then(
      (ready) => {
        record.ready = ready;
      },
      // A failure is not kept: the next request tries again.
      () => {
        if (made.get(entry.nodeUuid) === record) made.delete(entry.nodeUuid);
      },
    );
    return medium;
  }

  async function get(entry: BootEntry): Promise<Medium> {
    const medium = await makeOnce(entry);
    let whole = true;
    for (const file of medium.files.values()) {
      const here = isHere(file);
      if (here === true || (await here)) continue;
      whole = false;
      lost(file);
    }
    if (whole) return medium;
    log.warn({ node: entry.nodeUuid }, 'files of the boot medium are gone from the cache; fetching them again');
    if (made.get(entry.nodeUuid)?.ready === medium) made.delete(entry.nodeUuid);
    return makeOnce(entry);
  }

  return {
    get,
    prepare(entry) {
      if (entry.kind !== 'agent' && !(entry.kind === 'iso' && options.fetchIsos)) return;
      get(entry).catch((error: unknown) => {
        log.warn({ node: entry.nodeUuid, error: toCodedError(error) }, 'the boot medium cannot be made now');
      });
    },
    drop: (nodeUuid) => void made.delete(nodeUuid),
    hasLoader: (cpuArchitecture) => loaderUrl(cpuArchitecture) !== undefined,
    async loader(cpuArchitecture) {
      const url = loaderUrl(cpuArchitecture);
      return url === undefined ? undefined : library.get(url);
    },
    pinned() {
      return new Set([...made.values()].flatMap(({ ready }) => [...(ready?.files.keys() ?? [])]));
    },
    size() {
      let ownBytes = 0;
      for (const { ready } of made.values()) if (ready?.kind === 'agent') ownBytes += ready.iso.ownBytes;
      return { count: made.size, ownBytes };
    },
  };
}

const byDigest = (files: readonly LocalFile[]) => new Map(files.map((file) => [file.digest, file]));

const shared = ({ digest, size }: LocalFile): SharedFile => ({ kind: 'foreign', source: digest, size, digest });
