import type { BareMetalHost } from '@metal3/metal3-api';
import type { HostPatch } from '../association/host-spec.ts';

/** Any value pauses a host; ours tells that this provider did, so that only it ends the pause. */
export const hostPausedAnnotation = 'baremetalhost.metal3.io/paused';
export const ourPause = 'metal3.io/capm3';
/** A host restores its status from this when its object is created anew, for example after `clusterctl move`. */
const hostStatusAnnotation = 'baremetalhost.metal3.io/status';

/** `clusterctl move` waits until no object carries it: until the status of hosts has been put where it survives the move. */
export const blockMoveAnnotation = 'clusterctl.cluster.x-k8s.io/block-move';

/**
 * How the pause of a cluster reaches a host of its: the host is paused together with a copy of its status (without the hardware
 * details, which HardwareData keeps), so that moving the objects to another management cluster loses nothing. Until that is written,
 * the host keeps clusterctl from moving. Undefined when there is nothing to change; a pause somebody else set is left alone.
 */
export function decideHostPause(host: BareMetalHost, clusterPaused: boolean): HostPatch | undefined {
  const annotations = host.metadata.annotations ?? {};
  const present = annotations[hostPausedAnnotation];
  const isBlocked = annotations[blockMoveAnnotation] !== undefined;
  if (clusterPaused) {
    if (present !== undefined) return isBlocked ? annotated({ [blockMoveAnnotation]: null }) : undefined;
    const { hardware: _kept, ...status } = host.status ?? {};
    return annotated({
      [hostPausedAnnotation]: ourPause,
      [hostStatusAnnotation]: JSON.stringify(status),
      ...(isBlocked && { [blockMoveAnnotation]: null }),
    });
  }
  if (present === ourPause) return annotated({ [hostPausedAnnotation]: null, [blockMoveAnnotation]: '' });
  return present === undefined && !isBlocked ? annotated({ [blockMoveAnnotation]: '' }) : undefined;
}

function annotated(annotations: Record<string, string | null>): HostPatch {
  return { metadata: { annotations } };
}
