import { ProvisionerError } from '../../provisioner/errors.ts';
import type { NodeSnapshot } from '../../provisioner/node.ts';
import type { Provisioner } from '../../provisioner/ports.ts';
import type { MediaObservation } from './decide.ts';

/** Looks into the virtual drives of a machine. That it cannot be done is an answer as well. @throws ProvisionerError absent, denied */
export async function observeMedia(
  node: NodeSnapshot,
  provisioner: Pick<Provisioner, 'readMedia'>,
): Promise<MediaObservation> {
  try {
    return { kind: 'seen', ...(await provisioner.readMedia(node)) };
  } catch (error) {
    if (!(error instanceof ProvisionerError)) throw error;
    switch (error.code) {
      case 'busy':
        return { kind: 'busy' };
      case 'refused':
      case 'unavailable':
        return { kind: 'failed', message: error.message };
      default:
        throw error;
    }
  }
}
