import { buildConfigDrive as configDriveImage, encodeConfigDrive } from '@metal3/boot-artifacts';
import { isJsonObject, type Json, type JsonObject, type Node } from '@metal3/node';

/** Base64 of the gzipped ISO image that the parts of a deployment make; what the machine is called is added where it is not said. */
export function buildConfigDrive(parts: JsonObject, node: Pick<Node, 'uuid' | 'name'>): string {
  const { meta_data: metaData, user_data: userData, network_data: networkData, vendor_data: vendorData } = parts;
  const own = { uuid: node.uuid, ...(node.name === null ? {} : { name: node.name }) };
  return encodeConfigDrive(
    configDriveImage({
      metaData: { ...own, ...objectOf(metaData) },
      ...(userData === undefined || userData === null ? {} : { userData: textOrObject(userData) }),
      ...(isJsonObject(networkData) ? { networkData } : {}),
      ...(isJsonObject(vendorData) ? { vendorData } : {}),
    }),
  );
}

const objectOf = (value: Json | undefined): JsonObject => (isJsonObject(value) ? value : {});
const textOrObject = (value: Json): string | object =>
  typeof value === 'object' && value !== null ? value : String(value);
