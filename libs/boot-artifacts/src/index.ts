export {
  grubConfig,
  ipxeIsoScript,
  ipxeLocalBootScript,
  ipxeScript,
  isolinuxConfig,
  type LinuxEntry,
} from './boot-config.ts';
export {
  buildConfigDrive,
  configDriveFiles,
  configDriveOfParts,
  decodeConfigDrive,
  encodeConfigDrive,
  type ConfigDriveContent,
  type ConfigDriveParts,
} from './config-drive.ts';
export {
  imageBytes,
  piecesOf,
  type Content,
  type Extent,
  type ForeignFile,
  type ImageLayout,
  type Piece,
} from './extents.ts';
export type { FatType } from './fat/geometry.ts';
export { fatImage, type FatOptions } from './fat/image.ts';
export type { BootImage } from './iso9660/el-torito.ts';
export { isoLayout, type IsoOptions } from './iso9660/layout.ts';
export type { ImageFile } from './iso9660/tree.ts';
export {
  agentKernelLine,
  checkKernelLine,
  formatParameter,
  parseKernelLine,
  type AgentParameters,
} from './kernel-line.ts';
export {
  uuidFrom,
  virtualIso,
  type BootLoaders,
  type SharedFile,
  type VirtualIso,
  type VirtualIsoEntry,
} from './virtual-iso.ts';
