import type { ObjectKey } from '@metal3/kube-client';
import type { IPPool } from '@metal3/metal3-api';

/** Pools, as this process knows them, own writes included. */
export interface Pools {
  /** Only some pools are shown: others may be served by another instance. */
  readonly selective: boolean;
  find(key: ObjectKey): IPPool | undefined;
  list(): Iterable<IPPool>;
  onChange(listener: (change: PoolChange) => void): () => void;
  whenSynced(signal: AbortSignal): Promise<void>;
}

export interface PoolChange {
  readonly key: ObjectKey;
  readonly before: IPPool | undefined;
  readonly after: IPPool | undefined;
}
