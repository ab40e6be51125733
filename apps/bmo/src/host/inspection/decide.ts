import { hostArchitecture } from '../../hardware/architecture.ts';
import { hardwareDetails } from '../../hardware/inventory.ts';
import { instantOf } from '../../kernel.ts';
import type { NodeSnapshot } from '../../provisioner/node.ts';
import { patchTowards } from '../../provisioner/patch.ts';
import { annotations, rebootRequests } from '../annotations.ts';
import { askVerb, unexpectedState } from '../ask.ts';
import { waitFor, type Decision, type Notes } from '../decision.ts';
import { event } from '../events.ts';
import { capabilities } from '../registration/capabilities.ts';
import { inspectInterface } from '../registration/wanted-node.ts';
import { inspectionDisabled, reinspectionRequested, retrying, type HostView } from '../view.ts';

/** Has the hardware looked at, and keeps what was found. */
export function decideInspection(view: HostView): Decision {
  const { host, node } = view;
  if (inspectionDisabled(host)) {
    return {
      kind: 'advance',
      to: 'preparing',
      notes: { events: [event('InspectionSkipped', 'disabled by the host')] },
    };
  }
  if (node === undefined) return waitFor('the host has no node yet');

  switch (node.provisionState) {
    case 'available':
      return askVerb(node, 'manage');
    case 'inspect wait':
      return rebootRequests(host.metadata.annotations).some(({ force }) => force)
        ? askVerb(node, 'abort', { then: requestsServed })
        : waitFor('the agent is inspecting the hardware');
    case 'inspecting':
      return waitFor('Ironic is inspecting the hardware');
    case 'inspect failed':
      return node.lastError.includes('aborted') || reinspectionRequested(host) || retrying(view, 'inspection error')
        ? start(view, node)
        : { kind: 'fail', type: 'inspection error', message: node.lastError || 'Inspection failed' };
    case 'manageable':
      return reinspectionRequested(host) ? start(view, node) : collect(view, node);
    default:
      return unexpectedState(node, 'inspection');
  }
}

function collect(view: HostView, node: NodeSnapshot): Decision {
  const { inventory } = view;
  if (inventory === undefined) return { kind: 'read-inventory' };
  if (inventory !== 'absent') return { kind: 'publish-hardware', details: hardwareDetails(inventory), to: 'preparing' };

  // Some inspect interfaces store nothing. An inspection that has ended since the host asked for one is not asked for again.
  const asked = instantOf(view.status.operationHistory?.inspect?.start);
  const inspected =
    asked !== undefined && node.inspectionFinishedAt !== undefined && node.inspectionFinishedAt >= asked;
  return inspected ? { kind: 'publish-hardware', details: {}, to: 'preparing' } : start(view, node);
}

function start(view: HostView, node: NodeSnapshot): Decision {
  const { host, status, bmc } = view;
  if (bmc.kind === 'none') return waitFor('the BMC credentials are not usable');
  const patch = [
    ...patchTowards('/properties', node.properties, {
      capabilities: capabilities(node.properties['capabilities'], status.provisioning.bootMode),
      cpu_arch: hostArchitecture({ ...host, status }, view.settings.ownArchitecture),
    }),
    ...patchTowards(
      '',
      { inspect_interface: node.inspectInterface },
      { inspect_interface: inspectInterface(view, bmc) },
    ),
  ];
  if (patch.length > 0) return { kind: 'ask', request: { do: 'patch', patch } };
  return askVerb(node, 'inspect', {
    then: { ...requestsServed, events: [event('InspectionStarted', 'Hardware inspection started')] },
  });
}

/** An inspection boots the machine anew, which serves a reboot request as well. */
const requestsServed: Notes = { dropAnnotations: [annotations.inspect, annotations.reboot] };
