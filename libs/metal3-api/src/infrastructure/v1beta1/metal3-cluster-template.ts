import { Type, mapOf, type Static } from '../../schema.ts';
import { ApiEndpoint, FailureDomain } from './references.ts';

export const Metal3ClusterTemplateSpec = Type.Object({
  template: Type.Object({
    spec: Type.Object({
      cloudProviderEnabled: Type.Optional(Type.Boolean()),
      controlPlaneEndpoint: Type.Optional(ApiEndpoint),
      failureDomains: Type.Optional(mapOf(FailureDomain)),
      noCloudProvider: Type.Optional(Type.Boolean()),
    }),
  }),
});
export type Metal3ClusterTemplateSpec = Static<typeof Metal3ClusterTemplateSpec>;
