import { configDriveOfParts, encodeConfigDrive } from '@metal3/boot-artifacts';
import type { JsonObject, Node } from '@metal3/node';

/** Base64 of the gzipped ISO image that the parts of a deployment make. */
export const buildConfigDrive = (parts: JsonObject, node: Pick<Node, 'uuid' | 'name'>): string =>
  encodeConfigDrive(configDriveOfParts(parts, node));
