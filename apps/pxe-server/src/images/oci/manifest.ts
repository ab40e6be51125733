import { imageErrors } from '../../errors.ts';

/** A blob as a manifest lists it. */
export interface Descriptor {
  readonly mediaType: string;
  /** `sha256:...` */
  readonly digest: string;
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly architecture: string;
}

export type Manifest =
  | { readonly kind: 'index'; readonly manifests: readonly Descriptor[] }
  | { readonly kind: 'image'; readonly layers: readonly Descriptor[] };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws CodedError IMAGE-OCI-UNSUITABLE */
export function readManifest(text: string, url: string): Manifest {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  if (!isObject(parsed)) throw imageErrors.oci(`${url} has a manifest that is no JSON object`);
  const list = (value: unknown) => (Array.isArray(value) ? value.map((item) => readDescriptor(item, url)) : undefined);
  const manifests = list(parsed['manifests']);
  if (manifests !== undefined) return { kind: 'index', manifests };
  const layers = list(parsed['layers']);
  if (layers !== undefined) return { kind: 'image', layers };
  throw imageErrors.oci(`${url} has a manifest without layers`);
}

function readDescriptor(value: unknown, url: string): Descriptor {
  const { mediaType, digest, size, annotations, platform } = isObject(value) ? value : {};
  if (typeof digest !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw imageErrors.oci(`${url} lists a blob without a SHA-256 digest`);
  }
  const told = isObject(annotations) ? Object.entries(annotations) : [];
  const architecture = isObject(platform) ? platform['architecture'] : undefined;
  return {
    mediaType: typeof mediaType === 'string' ? mediaType : '',
    digest,
    size: typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 ? size : 0,
    annotations: Object.fromEntries(told.filter((pair): pair is [string, string] => typeof pair[1] === 'string')),
    architecture: typeof architecture === 'string' ? architecture : '',
  };
}

/** The registries' names of architectures that Ironic names otherwise. */
const architectures: Readonly<Record<string, string>> = { amd64: 'x86_64', arm64: 'aarch64' };
const common = (name: string) => architectures[name] ?? name;

/**
 * The manifest to take from an index: of the machine's architecture, and of several disks the raw one if it is to be written as it is, else
 * the qcow2. Ironic's convention: the annotation `disktype`.
 *
 * @throws CodedError IMAGE-OCI-UNSUITABLE
 */
export function chooseManifest(
  manifests: readonly Descriptor[],
  { cpuArchitecture, preferRaw }: { readonly cpuArchitecture: string; readonly preferRaw: boolean },
  url: string,
): Descriptor {
  const fits = manifests.filter(
    ({ architecture }) =>
      cpuArchitecture === '' || architecture === '' || common(architecture) === common(cpuArchitecture),
  );
  const disk = ({ annotations }: Descriptor) => annotations['disktype'] ?? '';
  const order = preferRaw ? ['raw', 'qcow2', ''] : ['qcow2', 'raw', ''];
  const [best] = fits
    .filter((descriptor) => order.includes(disk(descriptor)))
    .toSorted((one, other) => order.indexOf(disk(one)) - order.indexOf(disk(other)));
  if (best === undefined) {
    const offered = manifests.map((one) => `${one.architecture || 'any'}/${disk(one) || 'any'}`).join(', ');
    throw imageErrors.oci(
      `${url} has no disk for ${cpuArchitecture || 'any architecture'}; it offers ${offered || 'nothing'}`,
    );
  }
  return best;
}
