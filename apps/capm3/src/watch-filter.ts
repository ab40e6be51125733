import type { KubeObject } from '@metal3/kube-client';
import type { Cache, Reconcile } from '@metal3/kube-controller';

const watchFilterLabel = 'cluster.x-k8s.io/watch-filter';

/** Whether an object is one of those that this process serves. @param watchFilter empty: all are */
export function isServed({ metadata }: Pick<KubeObject, 'metadata'>, watchFilter: string): boolean {
  return watchFilter === '' || metadata.labels?.[watchFilterLabel] === watchFilter;
}

/**
 * Passes over objects that this process serves only: several providers share a cluster, each with its own value of the label. All of them
 * are watched, so that what one provider has taken is not free for the other.
 */
export function onlyServed<T extends KubeObject>(
  objects: Cache<T>,
  serves: (object: T) => boolean,
  reconcile: Reconcile,
): Reconcile {
  return async (key, context) => {
    const object = objects.find(key);
    return object === undefined || serves(object) ? reconcile(key, context) : undefined;
  };
}
