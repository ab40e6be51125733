import { imageErrors } from '../../errors.ts';
import type { ImageFormat, Inspection } from './verdict.ts';

/** Formats whose bytes are the disk's. */
export const isDisk = (format: ImageFormat): boolean => format === 'raw' || format === 'gpt' || format === 'iso';

/** The format as it is told to agents, which know no name for a raw disk with partitions. */
export const formatName = (format: ImageFormat): string => (format === 'gpt' ? 'raw' : format);

/** Other names of formats that requests use. */
const aliases: Readonly<Record<string, string>> = { vpc: 'vhd', 'live-iso': 'iso' };

/**
 * Whether an image may be used.
 * @param declared what the request says; empty for nothing. A raw declaration covers every disk.
 * @param permitted formats an operator allows; `raw` does not cover `gpt`
 * @throws CodedError IMAGE-FORMAT-MISMATCH, IMAGE-FORMAT-NOT-PERMITTED, IMAGE-TOO-LARGE
 */
export function admit(
  { format, virtualSize }: Inspection,
  declared: string,
  { permitted, largestDisk }: { readonly permitted: readonly string[]; readonly largestDisk: number },
): void {
  const said = aliases[declared.toLowerCase()] ?? declared.toLowerCase();
  const fits = said === '' || said === format || (said === 'raw' && isDisk(format));
  if (!fits) {
    throw imageErrors.formatMismatch(`the image is said to be ${declared} but is ${format}`, {
      details: { declared, format },
    });
  }
  if (!permitted.includes(format)) {
    throw imageErrors.formatNotPermitted(`the image is ${format}; permitted are ${permitted.join(', ')}`, {
      details: { format },
    });
  }
  if (virtualSize > largestDisk) {
    throw imageErrors.tooLarge(`the image describes a disk of ${virtualSize} bytes; at most ${largestDisk} are kept`, {
      details: { bytes: String(virtualSize) },
    });
  }
}
