import type { Kind, KubeObject } from '@metal3/kube-client';
import { reviewFields, validatingWebhook, type FieldRules, type Webhook } from '@metal3/kube-admission';
import {
  bareMetalHost,
  bmcEventSubscription,
  dataImage,
  hostClaim,
  hostFirmwareComponents,
  hostNetworkAttachment,
} from '@metal3/metal3-api';
import { hostUpdateViolations, hostViolations } from './bare-metal-host.ts';
import { subscriptionUpdateViolations, subscriptionViolations } from './event-subscription.ts';
import { componentsViolations, dataImageViolations } from './fetched.ts';
import { claimViolations } from './host-claim.ts';
import { attachmentReview, type HostsAttached } from './host-network-attachment.ts';

export interface ReviewedKind {
  readonly kind: Kind;
  readonly webhook: Webhook;
  readonly operations: readonly ('CREATE' | 'UPDATE' | 'DELETE')[];
}

/** The kinds whose objects are looked at before they are stored, or deleted. */
export function reviewedKinds(hostsAttached: HostsAttached): readonly ReviewedKind[] {
  return [
    reviewed(bareMetalHost, { created: hostViolations, updated: hostUpdateViolations }),
    reviewed(bmcEventSubscription, { created: subscriptionViolations, updated: subscriptionUpdateViolations }),
    reviewed(dataImage, alike(dataImageViolations)),
    reviewed(hostFirmwareComponents, alike(componentsViolations)),
    reviewed(hostClaim, alike(claimViolations)),
    {
      kind: hostNetworkAttachment,
      webhook: validatingWebhook(hostNetworkAttachment, attachmentReview(hostsAttached)),
      operations: ['CREATE', 'UPDATE', 'DELETE'],
    },
  ];
}

function reviewed<T extends KubeObject>(kind: Kind<T>, rules: FieldRules<T>): ReviewedKind {
  const webhook = validatingWebhook(kind, (request) => reviewFields(request, rules));
  return { kind, webhook, operations: ['CREATE', 'UPDATE'] };
}

/** Rules that ask nothing of what was there before. */
function alike<T>(violations: FieldRules<T>['created']): FieldRules<T> {
  return { created: violations, updated: (_before, after) => violations(after) };
}
