import { Type, type Static } from '../../schema.ts';
import { ApiEndpoint, FailureDomain, TemplateMetadata } from './references.ts';

export const Metal3ClusterTemplateSpec = Type.Object({
  template: Type.Object({
    metadata: Type.Optional(TemplateMetadata),
    spec: Type.Object({
      cloudProviderEnabled: Type.Optional(Type.Boolean()),
      controlPlaneEndpoint: Type.Optional(ApiEndpoint),
      failureDomains: Type.Optional(
        Type.Array(FailureDomain, {
          maxItems: 100,
          minItems: 1,
          'x-kubernetes-list-map-keys': ['name'],
          'x-kubernetes-list-type': 'map',
        }),
      ),
    }),
  }),
});
export type Metal3ClusterTemplateSpec = Static<typeof Metal3ClusterTemplateSpec>;
