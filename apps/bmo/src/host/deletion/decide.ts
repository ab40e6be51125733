import { detachRequest } from '../annotations.ts';
import { waitFor, type Decision } from '../decision.ts';
import { attemptsBeforeGivingUp } from '../deprovisioning/decide.ts';
import { powerOf, powerOff } from '../power/decide.ts';
import type { ProvisioningState } from '../states.ts';
import type { HostView } from '../view.ts';
import { decideRemoval } from './removal.ts';

/** Where the deletion of a host leads it from the state it is in; undefined when it is on its way. */
export function decideDeletion(view: HostView): Decision | undefined {
  const { host, status, state, deleting } = view;
  if (!deleting || state === 'deleting') return undefined;

  const detach = detachRequest(host.metadata.annotations);
  if (detach !== undefined || status.operationalStatus === 'detached') {
    const delayed = detach === undefined || detach.deleteAction === 'delay';
    return delayed
      ? waitFor('deletion is delayed until the host is attached again', delayedNotes)
      : { kind: 'advance', to: 'deleting' };
  }

  const next = nextState(view);
  return next === state ? undefined : { kind: 'advance', to: next };
}

const delayedNotes = { metrics: [{ counter: 'deleteDelayedForDetached' }] } as const;

function nextState({ state, status }: HostView): ProvisioningState {
  switch (state) {
    case '':
    case 'unmanaged':
    case 'registering':
      return 'deleting';
    case 'provisioning':
    case 'provisioned':
      return 'deprovisioning';
    case 'deprovisioning':
    case 'powering off before delete':
      return status.errorType === 'registration error' && status.errorCount > attemptsBeforeGivingUp
        ? 'deleting'
        : state;
    default:
      return 'powering off before delete';
  }
}

/** Nobody will look after the machine any more: it is left switched off. */
export function decidePoweringOff(view: HostView): Decision {
  const { host, status, node, bmc } = view;
  const done: Decision = { kind: 'advance', to: 'deleting', notes: { status: { errorCount: 0 } } };
  if (host.spec.disablePowerOff === true) return done;
  if (node === undefined) return bmc.kind === 'none' ? done : waitFor('the host has no node yet');
  if (status.errorType !== undefined && status.errorCount > attemptsBeforeGivingUp) return done;
  // What was asked for a moment ago would leave it running, with nobody who knows of it.
  if (node.targetPowerState === 'power on') return waitFor('Ironic is powering the machine on');
  if (powerOf(node) === 'off') return { ...done, notes: { status: { errorCount: 0, poweredOn: false } } };
  return powerOff(view, node, 'hard');
}

/** Removes the node, then lets everything go. */
export function decideDeleting(view: HostView): Decision {
  const { node } = view;
  if (node === undefined) return { kind: 'release' };
  return (
    decideRemoval(node, { force: false, abortDeploy: view.features.abortDeploy }) ?? {
      kind: 'ask',
      request: { do: 'delete' },
    }
  );
}
