import type { BareMetalHost, BareMetalHostStatus, Condition } from '@metal3/metal3-api';
import type { NodeSnapshot } from '../provisioner/node.ts';
import { timestampOf, type Instant } from '../kernel.ts';
import { stateOf, type ProvisioningState } from './states.ts';

type Verdict = readonly [status: Condition['status'], reason: string];

interface StateConditions {
  readonly manageable?: Verdict;
  readonly available?: Verdict;
  readonly provisioned?: Verdict;
  readonly progressing: Verdict;
}

const notManaged: StateConditions = { manageable: ['False', 'NotManaged'], progressing: ['False', 'NotProgressing'] };
const inUse: StateConditions = { provisioned: ['True', 'Provisioned'], progressing: ['False', 'NotProgressing'] };
const ready: StateConditions = { available: ['True', 'Available'], progressing: ['False', 'NotProgressing'] };
const doing = (reason: string): StateConditions => ({ progressing: ['True', reason] });

/** What differs, state by state, from a host that is manageable, not available, and not provisioned. */
const byState: Readonly<Record<ProvisioningState, StateConditions>> = {
  '': notManaged,
  unmanaged: notManaged,
  registering: { manageable: ['False', 'Registering'], ...doing('Registering') },
  inspecting: doing('Inspecting'),
  'match profile': doing('Inspecting'),
  preparing: doing('Preparing'),
  ready,
  available: ready,
  provisioning: doing('Provisioning'),
  provisioned: inUse,
  'externally provisioned': inUse,
  deprovisioning: doing('Deprovisioning'),
  'powering off before delete': doing('PoweringOffBeforeDelete'),
  deleting: doing('Deleting'),
};

/** The conditions that a host's status implies. Transition times move only when a condition's status does. */
export function hostConditions(
  host: BareMetalHost,
  status: BareMetalHostStatus,
  node: NodeSnapshot | undefined,
  now: Instant,
): Condition[] {
  const state = stateOf(status) ?? '';
  const verdicts: Readonly<Record<string, Verdict>> = {
    AvailableForProvisioning: byState[state].available ?? ['False', 'NotAvailable'],
    Healthy: healthy(status, node),
    Manageable: manageable(state, status, node),
    Progressing: status.operationalStatus === 'detached' ? ['False', 'Detached'] : byState[state].progressing,
    Provisioned: byState[state].provisioned ?? ['False', 'NotProvisioned'],
    Ready: readiness(state, status),
  };
  const present = new Map((status.conditions ?? []).map((condition) => [condition.type, condition]));
  const ours = Object.entries(verdicts).map(([type, [value, reason]]): Condition => {
    const before = present.get(type);
    present.delete(type);
    return {
      type,
      status: value,
      reason,
      message: '',
      ...(host.metadata.generation === undefined ? {} : { observedGeneration: host.metadata.generation }),
      lastTransitionTime: before?.status === value ? before.lastTransitionTime : timestampOf(now),
    };
  });
  return [...ours, ...present.values()].sort((left, right) => rank(left).localeCompare(rank(right)));
}

/** Available and Ready come first, the rest by name, as Cluster API's setters order them. */
function rank({ type }: Condition): string {
  return type === 'Available' ? '0' : type === 'Ready' ? '1' : `2${type}`;
}

function readiness(state: ProvisioningState, { operationalStatus }: BareMetalHostStatus): Verdict {
  switch (operationalStatus) {
    case 'error':
      return ['False', 'Error'];
    case 'servicing':
      return ['False', 'Servicing'];
    case 'detached':
      return ['False', 'Detached'];
    default:
      return byState[state].provisioned ?? ['False', 'NotProvisioned'];
  }
}

function manageable(
  state: ProvisioningState,
  { operationalStatus }: BareMetalHostStatus,
  node: NodeSnapshot | undefined,
): Verdict {
  if (state === 'registering' && operationalStatus === 'error') return ['False', 'RegistrationFailed'];
  const byNode = !['', 'unmanaged', 'registering', 'deleting'].includes(state) && operationalStatus !== 'detached';
  if (byNode && node?.fault === 'power failure') return ['False', 'PowerFailure'];
  return byState[state].manageable ?? ['True', 'Manageable'];
}

function healthy({ conditions }: BareMetalHostStatus, node: NodeSnapshot | undefined): Verdict {
  switch (node?.health ?? '') {
    case '': {
      const before = conditions?.find(({ type }) => type === 'Healthy');
      return before === undefined ? ['Unknown', 'Unknown'] : [before.status, before.reason];
    }
    case 'OK':
      return ['True', 'Healthy'];
    case 'Warning':
      return ['False', 'Warning'];
    case 'Critical':
      return ['False', 'CriticalError'];
    default:
      return ['Unknown', 'Unknown'];
  }
}
