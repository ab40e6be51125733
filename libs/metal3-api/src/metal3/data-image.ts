import { defineKind, type Resource } from '../kind.ts';
import { Type, timestamp, type Static } from '../schema.ts';

export const DataImageSpec = Type.Object({ url: Type.String() });
export type DataImageSpec = Static<typeof DataImageSpec>;

export const DataImageStatus = Type.Object({
  attachedImage: Type.Optional(Type.Object({ url: Type.String() })),
  error: Type.Optional(Type.Object({ count: Type.Integer(), message: Type.String() })),
  lastReconciled: Type.Optional(timestamp()),
});
export type DataImageStatus = Static<typeof DataImageStatus>;

/** An ISO image attached to a provisioned host as virtual media. */
export type DataImage = Resource<DataImageSpec, DataImageStatus>;

export const dataImage = defineKind<DataImage>({
  group: 'metal3.io',
  kind: 'DataImage',
  plural: 'dataimages',
  singular: 'dataimage',
  versions: [{ name: 'v1alpha1', storage: true, spec: DataImageSpec, status: DataImageStatus, subresources: 'status' }],
});
