import type { Node } from '@metal3/node';
import { isStoreError, NodeStoreError } from '@metal3/node-store';
import type { Clock } from '@metal3/service';

const firstPauseMs = 50;

/**
 * Tries a change again while a conductor acts on the node: most of what a conductor does under a lease is over in a moment, and clients
 * treat a 409 as a failure.
 *
 * @throws what `change` threw last, once `waitMs` have passed
 */
export async function onceUnlocked<T>(clock: Clock, waitMs: number, change: () => Promise<T>): Promise<T> {
  const until = clock.monotonic() + waitMs;
  for (let pause = firstPauseMs; ; pause *= 2) {
    try {
      return await change();
    } catch (error) {
      if (!isStoreError(error, 'NODE-LOCKED') || clock.monotonic() + pause > until) throw error;
    }
    await clock.sleep(pause);
  }
}

/** What a node whose power is being changed is to requests that depend on its power: locked, by whoever changes it. */
export const powerChanging = ({ uuid, reservation }: Node): NodeStoreError => {
  const holder = reservation ?? 'nobody yet';
  return new NodeStoreError('NODE-LOCKED', `Node ${uuid} is about to be switched to another power state.`, {
    ident: uuid,
    holder,
  });
};
