import type { BareMetalHost } from '@metal3/metal3-api';
import type { HostPatch } from '../association/host-spec.ts';

/** Any value pauses a host; ours tells that this provider did, so that only it ends the pause. */
export const hostPausedAnnotation = 'baremetalhost.metal3.io/paused';
export const ourPause = 'metal3.io/capm3';
/** A host restores its status from this when its object is created anew, for example after `clusterctl move`. */
const hostStatusAnnotation = 'baremetalhost.metal3.io/status';

/**
 * How the pause of a cluster reaches its hosts: the host is paused together with a copy of its status (without the hardware
 * details, which HardwareData keeps), so that moving the objects to another management cluster loses nothing.
 * Undefined when there is nothing to change; a pause somebody else set is left alone.
 */
export function decideHostPause(host: BareMetalHost, clusterPaused: boolean): HostPatch | undefined {
  const present = host.metadata.annotations?.[hostPausedAnnotation];
  if (clusterPaused) {
    if (present !== undefined) return undefined;
    const { hardware: _kept, ...status } = host.status ?? {};
    return {
      metadata: {
        annotations: { [hostPausedAnnotation]: ourPause, [hostStatusAnnotation]: JSON.stringify(status) },
      },
    };
  }
  return present === ourPause ? { metadata: { annotations: { [hostPausedAnnotation]: null } } } : undefined;
}
