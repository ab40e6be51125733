import { decideAdoption } from './adoption/decide.ts';
import { decideAvailability } from './availability/decide.ts';
import { withinCapacity } from './capacity/decide.ts';
import type { Decision } from './decision.ts';
import { decideDeleting, decideDeletion, decidePoweringOff } from './deletion/decide.ts';
import { decideDeprovisioning } from './deprovisioning/decide.ts';
import { decideDetachment } from './detachment/decide.ts';
import { event } from './events.ts';
import { decideInspection } from './inspection/decide.ts';
import { decidePower } from './power/decide.ts';
import { decidePreparation } from './preparation/decide.ts';
import { decideProvisioning } from './provisioning/decide.ts';
import { provisioningCancelled } from './provisioning/intent.ts';
import { decideRegistration } from './registration/decide.ts';
import type { ProvisioningState } from './states.ts';
import { inspectionDisabled, type HostView } from './view.ts';

/** The next step of a host: deletion and detachment come first, a node in Ironic is seen to, then the state has its say. */
export function decideHost(view: HostView): Decision {
  const decision =
    decideDeletion(view) ?? decideDetachment(view) ?? decideRegistration(view) ?? stages[view.state](view);
  return withinCapacity(view, decision);
}

const stages: Readonly<Record<ProvisioningState, (view: HostView) => Decision>> = {
  '': decideBeginning,
  unmanaged: decideUnmanaged,
  registering: decideRegistered,
  inspecting: decideInspection,
  'match profile': () => ({ kind: 'advance', to: 'preparing' }),
  preparing: decidePreparation,
  ready: decideAvailability,
  available: decideAvailability,
  provisioning: decideProvisioning,
  provisioned: decideProvisioned,
  'externally provisioned': decideExternallyProvisioned,
  deprovisioning: decideDeprovisioning,
  'powering off before delete': decidePoweringOff,
  deleting: decideDeleting,
};

/** Nothing about an unmanaged host changes by itself. */
const unmanagedRecheck = 600;

function hasBmcDetails({ host }: HostView): boolean {
  return Boolean(host.spec.bmc?.address) || Boolean(host.spec.bmc?.credentialsName);
}

function decideBeginning(view: HostView): Decision {
  if (hasBmcDetails(view)) return { kind: 'advance', to: 'registering' };
  return {
    kind: 'advance',
    to: 'unmanaged',
    notes: {
      status: { operationalStatus: 'discovered' },
      events: [event('Discovered', 'Discovered host with no BMC details')],
      metrics: [{ counter: 'unmanaged' }],
    },
  };
}

function decideUnmanaged(view: HostView): Decision {
  return hasBmcDetails(view)
    ? { kind: 'advance', to: 'registering' }
    : { kind: 'wait', reason: 'the host has no BMC details', recheckIn: unmanagedRecheck };
}

function decideRegistered({ host }: HostView): Decision {
  if (host.spec.externallyProvisioned === true) return { kind: 'advance', to: 'externally provisioned' };
  return { kind: 'advance', to: inspectionDisabled(host) ? 'preparing' : 'inspecting' };
}

function decideProvisioned(view: HostView): Decision {
  if (provisioningCancelled(view.host, view.status)) return { kind: 'advance', to: 'deprovisioning' };
  return decideAdoption(view) ?? decidePower(view);
}

function decideExternallyProvisioned(view: HostView): Decision {
  if (view.host.spec.externallyProvisioned !== true) return { kind: 'advance', to: 'provisioned' };
  return decideAdoption(view) ?? decidePower(view);
}
