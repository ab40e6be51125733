import { type KubeClient, type KubeObject, type Kind, unlessGone } from '@metal3/kube-client';
import { patchSession, removeFinalizer } from '@metal3/kube-controller';
import type { AddressBook } from '../ports.ts';

/**
 * How an address goes, of either API: its finalizer keeps the object when it is deleted, until that is taken off.
 *
 * @param kindNow the kind in the version that is served now
 */
export function removal<T extends KubeObject>(
  client: KubeClient,
  kindNow: () => Kind<T>,
  finalizer: string,
): Pick<AddressBook, 'withdraw' | 'remove'> {
  const withdraw: (...of: Parameters<AddressBook['withdraw']>) => Promise<T | undefined> = ({ key, uid }, signal) =>
    unlessGone(client.delete(kindNow(), key, { preconditions: { uid }, signal }));
  return {
    async withdraw(address, signal) {
      await withdraw(address, signal);
    },
    async remove(address, signal) {
      const left = await withdraw(address, signal);
      if (left === undefined) return;
      const session = patchSession(client, kindNow(), left);
      removeFinalizer(session.draft, finalizer);
      await unlessGone(session.save({ signal }));
    },
  };
}
