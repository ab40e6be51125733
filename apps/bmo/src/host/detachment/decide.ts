import { detachRequest } from '../annotations.ts';
import { type Decision } from '../decision.ts';
import { decideRemoval } from '../deletion/removal.ts';
import type { ProvisioningState } from '../states.ts';
import type { HostView } from '../view.ts';

const detachable: ReadonlySet<ProvisioningState> = new Set([
  'provisioned',
  'externally provisioned',
  'ready',
  'available',
]);

/** A detached host changes nothing by itself. */
const detachedRecheck = 600;

/**
 * Lets Ironic forget a machine without touching it, and takes it up again when the annotation goes. undefined when the host is
 * attached and should be.
 */
export function decideDetachment(view: HostView): Decision | undefined {
  const { host, status, state, node, features } = view;
  const request = detachRequest(host.metadata.annotations);
  if (request === undefined) {
    if (status.operationalStatus !== 'detached') return undefined;
    return { kind: 'note', notes: { status: { operationalStatus: status.errorType === undefined ? 'OK' : 'error' } } };
  }
  if (state === 'deleting') return undefined;
  if (!detachable.has(state) && !request.force) return undefined;

  if (node !== undefined) {
    return (
      decideRemoval(node, { force: request.force, abortDeploy: features.abortDeploy }) ?? {
        kind: 'ask',
        request: { do: 'delete' },
      }
    );
  }
  return {
    kind: 'wait',
    reason: 'the host is detached',
    recheckIn: detachedRecheck,
    ...(status.operationalStatus === 'detached' ? {} : { notes: { status: { operationalStatus: 'detached' } } }),
  };
}
