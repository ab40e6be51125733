import { Type, choice, type Static } from '../../schema.ts';
import { HostSelector, MachineImage, NamespacedReference, TemplateMetadata } from './references.ts';
import { SecretReference } from '../../shapes.ts';

export const Metal3MachineTemplateSpec = Type.Object({
  nodeReuse: Type.Optional(Type.Boolean({ default: false })),
  template: Type.Object({
    metadata: Type.Optional(TemplateMetadata),
    spec: Type.Object({
      automatedCleaningMode: Type.Optional(choice(['metadata', 'disabled'])),
      customDeploy: Type.Optional(Type.Object({ method: Type.String({ maxLength: 512, minLength: 1 }) })),
      dataTemplate: Type.Optional(NamespacedReference),
      failureDomain: Type.Optional(Type.String({ maxLength: 256, minLength: 1 })),
      hostSelector: Type.Optional(HostSelector),
      image: Type.Optional(MachineImage),
      metaData: Type.Optional(SecretReference),
      networkData: Type.Optional(SecretReference),
      providerID: Type.Optional(Type.String({ maxLength: 512, minLength: 1 })),
      userData: Type.Optional(SecretReference),
    }),
  }),
});
export type Metal3MachineTemplateSpec = Static<typeof Metal3MachineTemplateSpec>;
