import { virtualIso, type BootLoaders, type SharedFile, type VirtualIso } from '@metal3/boot-artifacts';
import type { BootEntry } from '@metal3/boot-client';
import { toCodedError, type Logger } from '@metal3/service';
import type { FileLibrary } from '../files/library.ts';
import type { LocalFile } from '../files/ports.ts';
import { artefactUrls, type ArtefactDefaults } from './artefacts.ts';

/** Everything one machine can fetch for its entry. */
export interface Medium {
  readonly entry: BootEntry;
  readonly iso: VirtualIso;
  readonly kernel: LocalFile;
  readonly ramdisk: LocalFile;
  /** Local files by the source names that stand in the layout of the ISO. */
  readonly files: ReadonlyMap<string, LocalFile>;
}

/** The media of all entries, made when first needed and kept until the entry goes. */
export interface Media {
  /** @throws CodedError of bootErrors or imageErrors */
  get(entry: BootEntry): Promise<Medium>;
  /** Begins to make the medium, so that it is there when a BMC asks. */
  prepare(entry: BootEntry): void;
  drop(nodeUuid: string): void;
  /** Digests of the files that media in use need. */
  pinned(): ReadonlySet<string>;
}

export interface MediaOptions {
  readonly library: FileLibrary;
  readonly defaults: ArtefactDefaults;
  /** Boot loader for BIOS machines, if configured. */
  readonly isolinux: BootLoaders['isolinux'];
  readonly log: Logger;
}

export function bootMedia({ library, defaults, isolinux, log }: MediaOptions): Media {
  const made = new Map<
    string,
    { readonly capability: string; readonly medium: Promise<Medium>; ready: Medium | undefined }
  >();

  async function make(entry: BootEntry): Promise<Medium> {
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
    });
    const files = [kernel, ramdisk, ...(esp === undefined ? [] : [esp])];
    return { entry, iso, kernel, ramdisk, files: new Map(files.map((file) => [file.digest, file])) };
  }

  function get(entry: BootEntry): Promise<Medium> {
    const known = made.get(entry.nodeUuid);
    if (known?.capability === entry.capability) return known.medium;
    const medium = make(entry);
    const record = { capability: entry.capability, medium, ready: undefined as Medium | undefined };
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

  return {
    get,
    prepare(entry) {
      if (entry.kind !== 'agent') return;
      get(entry).catch((error: unknown) => {
        log.warn({ node: entry.nodeUuid, error: toCodedError(error) }, 'the boot medium cannot be made now');
      });
    },
    drop: (nodeUuid) => void made.delete(nodeUuid),
    pinned() {
      return new Set([...made.values()].flatMap(({ ready }) => [...(ready?.files.keys() ?? [])]));
    },
  };
}

const shared = ({ digest, size }: LocalFile): SharedFile => ({ kind: 'foreign', source: digest, size, digest });
