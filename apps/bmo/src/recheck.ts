import type { ObjectKey } from '@metal3/kube-client';
import type { Reconcile } from '@metal3/kube-controller';
import type { Seconds } from './kernel.ts';

/** A pass as a controller runs it: deciders here say in seconds when to look again. */
export function recheckedBy(pass: (key: ObjectKey) => Promise<Seconds | undefined>): Reconcile {
  return async (key) => {
    const recheckIn = await pass(key);
    return recheckIn === undefined ? undefined : { requeueAfterMs: recheckIn * 1000 };
  };
}
