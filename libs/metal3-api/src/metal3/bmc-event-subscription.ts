import { defineKind, type Resource } from '../kind.ts';
import { Type, type Static } from '../schema.ts';
import { SecretReference } from '../shapes.ts';

export const BMCEventSubscriptionSpec = Type.Object({
  context: Type.Optional(Type.String()),
  destination: Type.Optional(Type.String()),
  hostName: Type.Optional(Type.String()),
  httpHeadersRef: Type.Optional(SecretReference),
});
export type BMCEventSubscriptionSpec = Static<typeof BMCEventSubscriptionSpec>;

export const BMCEventSubscriptionStatus = Type.Object({
  error: Type.Optional(Type.String()),
  subscriptionID: Type.Optional(Type.String()),
});
export type BMCEventSubscriptionStatus = Static<typeof BMCEventSubscriptionStatus>;

/** A subscription of an external receiver to the events of a BMC. */
export type BMCEventSubscription = Resource<BMCEventSubscriptionSpec, BMCEventSubscriptionStatus>;

export const bmcEventSubscription = defineKind<BMCEventSubscription>({
  group: 'metal3.io',
  kind: 'BMCEventSubscription',
  plural: 'bmceventsubscriptions',
  singular: 'bmceventsubscription',
  shortNames: ['bes', 'bmcevent'],
  versions: [
    {
      name: 'v1alpha1',
      storage: true,
      spec: BMCEventSubscriptionSpec,
      status: BMCEventSubscriptionStatus,
      columns: [
        { jsonPath: '.status.error', name: 'Error', type: 'string' },
        { jsonPath: '.metadata.creationTimestamp', name: 'Age', type: 'date' },
      ],
      subresources: 'status',
    },
  ],
});
