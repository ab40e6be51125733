import type { NodeActivity } from '../../provisioner/node.ts';
import type { Decision } from '../decision.ts';
import type { ProvisioningState } from '../states.ts';
import { nodeNameOf, type HostView } from '../view.ts';

const costly: ReadonlySet<ProvisioningState> = new Set(['inspecting', 'provisioning', 'deprovisioning']);

const busy: ReadonlySet<string> = new Set([
  'cleaning',
  'clean wait',
  'inspecting',
  'inspect wait',
  'deploying',
  'wait call-back',
  'deleting',
]);

const delay = 60;

/**
 * Holds a host back from work that boots it over the network while too many others do so. Hosts that boot from an ISO load
 * nothing that they would have to share, and are never held back.
 */
export function withinCapacity(view: HostView, decision: Decision): Decision {
  if (decision.kind !== 'advance' || !costly.has(decision.to)) return decision;
  const limited = view.bmc.kind === 'known' && !view.bmc.access.driver.bootsIso;
  if (limited && view.hasCapacity === undefined) return { kind: 'count-busy' };
  if (limited && view.hasCapacity === false) {
    const operation = decision.to === 'deprovisioning' ? 'deprovisioning' : 'provisioning';
    return {
      kind: 'wait',
      reason: 'too many hosts are busy',
      recheckIn: delay,
      notes: { status: { operationalStatus: 'delayed' }, metrics: [{ counter: 'delayed', operation }] },
    };
  }
  return view.status.operationalStatus === 'delayed'
    ? { ...decision, notes: { ...decision.notes, clearError: true } }
    : decision;
}

/** @param limit the most hosts that may boot over the network at a time */
export function hasCapacity({ host }: Pick<HostView, 'host'>, nodes: readonly NodeActivity[], limit: number): boolean {
  const own = nodeNameOf(host);
  const busyNodes = nodes.filter(
    (node) => busy.has(node.provisionState) && !node.bootInterface.includes('virtual-media'),
  );
  return busyNodes.some(({ name }) => name === own) || busyNodes.length < limit;
}
