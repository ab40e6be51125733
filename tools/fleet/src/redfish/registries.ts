import { attributeRegistry, biosRegistry } from './bios.ts';
import { RedfishError } from './error.ts';
import { collection, type RedfishRequest } from './request.ts';

const missing = ({ call }: RedfishRequest) => new RedfishError('ResourceMissingAtURI', [call.path]);

export function registries(): Record<string, unknown> {
  const path = '/redfish/v1/Registries';
  return collection(path, 'MessageRegistryFileCollection', 'Registries', [`${path}/${biosRegistry}`]);
}

export function registry(request: RedfishRequest): Record<string, unknown> {
  if (request.params['member'] !== biosRegistry) throw missing(request);
  const self = `/redfish/v1/Registries/${biosRegistry}`;
  return {
    '@odata.id': self,
    '@odata.type': '#MessageRegistryFile.v1_1_3.MessageRegistryFile',
    Id: biosRegistry,
    Name: 'BIOS attribute registry file',
    Languages: ['en'],
    Registry: biosRegistry,
    Location: [{ Language: 'en', Uri: `${self}/file` }],
  };
}

export function registryFile(request: RedfishRequest): Record<string, unknown> {
  if (request.params['member'] !== biosRegistry) throw missing(request);
  return attributeRegistry();
}
