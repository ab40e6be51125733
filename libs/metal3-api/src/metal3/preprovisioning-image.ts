import { defineKind, type Resource } from '../kind.ts';
import { Type, choice, type Static } from '../schema.ts';
import { Condition } from '../shapes.ts';

export const PreprovisioningImageSpec = Type.Object({
  acceptFormats: Type.Optional(Type.Array(choice(['iso', 'initrd']))),
  architecture: Type.Optional(Type.String()),
  networkDataName: Type.Optional(Type.String()),
});
export type PreprovisioningImageSpec = Static<typeof PreprovisioningImageSpec>;

export const PreprovisioningImageStatus = Type.Object({
  architecture: Type.Optional(Type.String()),
  conditions: Type.Optional(
    Type.Array(Condition, { 'x-kubernetes-list-map-keys': ['type'], 'x-kubernetes-list-type': 'map' }),
  ),
  extraKernelParams: Type.Optional(Type.String()),
  format: Type.Optional(choice(['iso', 'initrd'])),
  imageUrl: Type.Optional(Type.String()),
  kernelUrl: Type.Optional(Type.String()),
  networkData: Type.Optional(
    Type.Object({ name: Type.Optional(Type.String()), version: Type.Optional(Type.String()) }),
  ),
});
export type PreprovisioningImageStatus = Static<typeof PreprovisioningImageStatus>;

/** The ramdisk image a host boots before it is provisioned. */
export type PreprovisioningImage = Resource<PreprovisioningImageSpec, PreprovisioningImageStatus>;

export const preprovisioningImage = defineKind<PreprovisioningImage>({
  group: 'metal3.io',
  kind: 'PreprovisioningImage',
  plural: 'preprovisioningimages',
  singular: 'preprovisioningimage',
  shortNames: ['ppimg'],
  versions: [
    {
      name: 'v1alpha1',
      storage: true,
      spec: PreprovisioningImageSpec,
      status: PreprovisioningImageStatus,
      columns: [
        { jsonPath: ".status.conditions[?(@.type=='Ready')].status", name: 'Ready', type: 'string' },
        { jsonPath: ".status.conditions[?(@.type=='Ready')].reason", name: 'Reason', type: 'string' },
      ],
      subresources: 'status',
    },
  ],
});
