import type { NodeSnapshot } from '../../provisioner/node.ts';
import { annotations, rebootRequests } from '../annotations.ts';
import { askVerb, endMaintenance } from '../ask.ts';
import { waitFor, type Decision } from '../decision.ts';
import { event } from '../events.ts';
import type { HostView } from '../view.ts';
import { imageChecksum, isLiveIso } from './image.ts';
import { describesSameImage, orderedImageUrl } from './instance.ts';
import { provisioningCancelled } from './intent.ts';

/** Puts the wanted image on the machine. What goes wrong is undone first: the next attempt starts from a clean machine. */
export function decideProvisioning(view: HostView): Decision {
  const { host, status, node } = view;
  if (status.errorType !== undefined) {
    return {
      kind: 'advance',
      to: 'deprovisioning',
      notes: { status: { provisioningFailCount: status.provisioningFailCount + 1 } },
    };
  }
  if (provisioningCancelled(host, status)) return { kind: 'advance', to: 'deprovisioning' };
  if (node === undefined) return waitFor('the host has no node yet');
  if (deploysAnotherImage(view, node)) return { kind: 'advance', to: 'deprovisioning' };

  const { image } = host.spec;
  const checksum = image?.url ? imageChecksum(image) : undefined;
  if (checksum?.kind === 'problem') return failed(`Validation failed: ${checksum.message}`);

  switch (node.provisionState) {
    case 'manageable':
      return askVerb(node, 'provide');
    case 'clean failed':
      return node.maintenance ? endMaintenance() : askVerb(node, 'manage');
    case 'available':
      return { kind: 'deploy' };
    case 'deploy failed':
      return afterFailure(view, node);
    case 'active':
      return { kind: 'advance', to: 'provisioned', notes: provisioned(view) };
    case 'wait call-back':
      return rebootRequests(host.metadata.annotations).some(({ force }) => force)
        ? askVerb(node, 'deleted', { then: { dropAnnotations: [annotations.reboot] } })
        : waitFor('the agent is writing the image');
    default:
      return waitFor(`Ironic is ${node.provisionState}`);
  }
}

/** The image was changed after Ironic had been told to write it: the host would claim an image that it does not run. */
function deploysAnotherImage({ host }: HostView, node: NodeSnapshot): boolean {
  if (!['deploying', 'wait call-back', 'active'].includes(node.provisionState)) return false;
  const ordered = orderedImageUrl(node.instanceInfo);
  return ordered !== undefined && host.spec.image?.url !== undefined && ordered !== host.spec.image.url;
}

function afterFailure({ host }: HostView, node: NodeSnapshot): Decision {
  const { image, customDeploy } = host.spec;
  const liveIso = !customDeploy?.method && isLiveIso(image);
  if (!describesSameImage(node.instanceInfo, image, liveIso)) return { kind: 'deploy' };
  if (node.lastError === '') return waitFor('Ironic has not said yet why the deployment failed');
  const what = image?.url
    ? `${image.url} with checksum ${image.checksum ?? '(none)'}`
    : `custom method ${customDeploy?.method ?? ''}`;
  return failed(`Image provisioning failed: ${what}: ${node.lastError}`);
}

function provisioned({ host }: HostView): NonNullable<Extract<Decision, { kind: 'advance' }>['notes']> {
  const { image, customDeploy } = host.spec;
  return {
    status: {
      provisioningFailCount: 0,
      provisioning: { ...(image?.url ? { image } : {}), customDeploy },
    },
    events: [
      event('ProvisioningComplete', `Image provisioning completed for ${image?.url ?? customDeploy?.method ?? ''}`),
    ],
    // The machine has just been booted.
    dropAnnotations: [annotations.reboot],
  };
}

function failed(message: string): Decision {
  return { kind: 'fail', type: 'provisioning error', message };
}
