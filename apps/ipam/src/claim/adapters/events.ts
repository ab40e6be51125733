import type { EventRecorder } from '@metal3/kube-controller';
import type { ClaimNews } from '../ports.ts';

/** Events on claims. A claim that is served at once makes none: its status says it, and thousands would come at a time. */
export function claimEvents(events: EventRecorder): ClaimNews {
  return {
    refused: ({ object }, reason, message) => events.warning(object, reason, message),
    served: ({ object }, address) => events.normal(object, 'Allocated', `got ${address} after all`),
  };
}
