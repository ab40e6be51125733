import { sameJson } from '../../kernel.ts';
import type { Decision } from '../decision.ts';
import { decideReadiness } from '../preparation/decide.ts';
import { clearedSettings } from '../preparation/settings.ts';
import { decidePower } from '../power/decide.ts';
import { needsProvisioning } from '../provisioning/intent.ts';
import { reinspectionRequested, type HostView } from '../view.ts';

/** A host that is ready for use, until someone has a use for it. */
export function decideAvailability(view: HostView): Decision {
  const { host, status } = view;
  if (host.spec.externallyProvisioned === true) {
    return {
      kind: 'advance',
      to: 'externally provisioned',
      notes: { status: { provisioning: clearedSettings(status.provisioning) } },
    };
  }
  if (reinspectionRequested(host)) return { kind: 'advance', to: 'inspecting' };
  const unsettled = decideReadiness(view);
  if (unsettled !== undefined) return unsettled;
  if (needsProvisioning(host, status)) return decideAttempt(view);
  const idle = !host.spec.image?.url && !host.spec.customDeploy?.method;
  if (idle && (status.provisioningFailCount !== 0 || status.lastAttemptedImage !== undefined)) {
    return { kind: 'note', notes: { status: { provisioningFailCount: 0, lastAttemptedImage: undefined } } };
  }
  return decidePower(view);
}

/** An image that has failed too often is not tried again until the host asks for something else. */
function decideAttempt({ host, status, settings }: HostView): Decision {
  const sameAttempt = sameJson(host.spec.image, status.lastAttemptedImage);
  if (!sameAttempt && status.provisioningFailCount > 0) {
    return { kind: 'note', notes: { status: { provisioningFailCount: 0, lastAttemptedImage: host.spec.image } } };
  }
  const limit = settings.maxProvisioningRetries;
  if (limit > 0 && status.provisioningFailCount >= limit) {
    return {
      kind: 'fail',
      type: 'provisioning error',
      message: `Provisioning failed ${status.provisioningFailCount} times, which is the limit: change spec.image to try again`,
    };
  }
  return {
    kind: 'advance',
    to: 'provisioning',
    notes: { clearError: true, status: { lastAttemptedImage: host.spec.image } },
  };
}
