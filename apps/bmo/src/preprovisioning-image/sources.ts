/** URLs of ready-made images, by architecture where there are several. */
export interface ImageSource {
  /** For every architecture that is named nowhere else. */
  readonly url: string;
  /** `arch:url,arch:url`. */
  readonly byArch: string;
  readonly x86_64: string;
  readonly aarch64: string;
}

export interface ImageSources {
  readonly kernel: ImageSource;
  readonly ramdisk: ImageSource;
  readonly iso: ImageSource;
}

export type ImageFormat = 'iso' | 'initrd';

export interface ReadyImage {
  readonly imageUrl: string;
  readonly kernelUrl?: string;
}

/** The formats there are images in, whatever their architecture. */
export function formatsOf({ kernel, ramdisk, iso }: ImageSources): readonly ImageFormat[] {
  const any = ({ url, byArch, x86_64, aarch64 }: ImageSource) =>
    [url, byArch, x86_64, aarch64].some((each) => each !== '');
  return [...(any(iso) ? (['iso'] as const) : []), ...(any(kernel) && any(ramdisk) ? (['initrd'] as const) : [])];
}

/** The image of a format for an architecture; undefined when there is none. */
export function findImage(sources: ImageSources, format: ImageFormat, architecture: string): ReadyImage | undefined {
  const url = (source: ImageSource) => urlFor(source, architecture);
  if (format === 'iso') {
    const imageUrl = url(sources.iso);
    return imageUrl === '' ? undefined : { imageUrl };
  }
  const [imageUrl, kernelUrl] = [url(sources.ramdisk), url(sources.kernel)];
  return imageUrl === '' || kernelUrl === '' ? undefined : { imageUrl, kernelUrl };
}

function urlFor(source: ImageSource, architecture: string): string {
  const own = architecture === 'x86_64' || architecture === 'aarch64' ? source[architecture] : '';
  const listed = source.byArch
    .split(',')
    .find((entry) => entry.toLowerCase().startsWith(`${architecture.toLowerCase()}:`));
  return own || listed?.slice(architecture.length + 1) || source.url;
}
