import type { Kind, KubeObject } from '@metal3/kube-client';
import { reviewFields, validatingWebhook, type FieldRules, type Webhook } from '@metal3/kube-admission';
import { bareMetalHost, bmcEventSubscription, dataImage, hostFirmwareComponents } from '@metal3/metal3-api';
import { hostUpdateViolations, hostViolations } from './bare-metal-host.ts';
import { subscriptionUpdateViolations, subscriptionViolations } from './event-subscription.ts';
import { componentsViolations, dataImageViolations } from './fetched.ts';

export interface ReviewedKind {
  readonly kind: Kind;
  readonly webhook: Webhook;
}

/** The kinds whose objects are looked at before they are stored. */
export const reviewedKinds: readonly ReviewedKind[] = [
  reviewed(bareMetalHost, { created: hostViolations, updated: hostUpdateViolations }),
  reviewed(bmcEventSubscription, { created: subscriptionViolations, updated: subscriptionUpdateViolations }),
  reviewed(dataImage, alike(dataImageViolations)),
  reviewed(hostFirmwareComponents, alike(componentsViolations)),
];

function reviewed<T extends KubeObject>(kind: Kind<T>, rules: FieldRules<T>): ReviewedKind {
  return { kind, webhook: validatingWebhook(kind, (request) => reviewFields(request, rules)) };
}

/** Rules that ask nothing of what was there before. */
function alike<T>(violations: FieldRules<T>['created']): FieldRules<T> {
  return { created: violations, updated: (_before, after) => violations(after) };
}
