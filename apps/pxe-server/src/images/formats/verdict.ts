import { imageErrors } from '../../errors.ts';

/** Formats that are told apart; a disk without any of these marks is `raw`. */
export type ImageFormat =
  | 'raw'
  | 'gpt'
  | 'iso'
  | 'qcow2'
  | 'qcow'
  | 'qed'
  | 'vmdk'
  | 'vhd'
  | 'vhdx'
  | 'vdi'
  | 'luks'
  | 'parallels'
  | 'cloop'
  | 'bochs'
  | 'dmg'
  | 'xz'
  | 'bzip2';

/** What an image is, once its header has been found harmless. */
export interface Inspection {
  readonly format: ImageFormat;
  /** Bytes of the disk it describes. */
  readonly virtualSize: number;
}

/** The image could make whoever opens it read other files, or is two things at once. */
export const unsafe = (format: ImageFormat, why: string) =>
  imageErrors.unsafe(`the ${format} image ${why}`, { details: { format } });

/** The image is damaged, or made to confuse. */
export const malformed = (format: ImageFormat, why: string) =>
  imageErrors.malformed(`the ${format} image ${why}`, { details: { format } });
