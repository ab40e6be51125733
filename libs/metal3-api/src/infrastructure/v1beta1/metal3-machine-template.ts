import { Type, choice, type Static } from '../../schema.ts';
import { ObjectReference, SecretReference } from '../../shapes.ts';
import { HostSelector, MachineImage } from './references.ts';

export const Metal3MachineTemplateSpec = Type.Object({
  nodeReuse: Type.Optional(Type.Boolean({ default: false })),
  template: Type.Object({
    spec: Type.Object({
      automatedCleaningMode: Type.Optional(choice(['metadata', 'disabled'])),
      customDeploy: Type.Optional(Type.Object({ method: Type.String() })),
      dataTemplate: Type.Optional(ObjectReference),
      failureDomain: Type.Optional(Type.String()),
      hostSelector: Type.Optional(HostSelector),
      image: Type.Optional(MachineImage),
      metaData: Type.Optional(SecretReference),
      networkData: Type.Optional(SecretReference),
      providerID: Type.Optional(Type.String()),
      userData: Type.Optional(SecretReference),
    }),
  }),
});
export type Metal3MachineTemplateSpec = Static<typeof Metal3MachineTemplateSpec>;
