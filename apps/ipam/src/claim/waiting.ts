import { formatKey, type ObjectKey } from '@metal3/kube-client';
import { type Claim, claimId, poolKeyOf } from './claim.ts';

/** What a claim without an address waits for. */
export type WaitingFor =
  /** Any free address of its pool; or that another claim gives up one that was made for both. */
  | { readonly what: 'any-address'; readonly orThis?: string }
  /** This one, and no other. */
  | { readonly what: 'address'; readonly address: string }
  /** Another pool, or another setting of it. */
  | { readonly what: 'pool' }
  /** The Cluster that the claim names. */
  | { readonly what: 'cluster' };

type Wake = () => void;

interface Room {
  /** Waiting for any address, in the order in which they came. */
  readonly line: Map<string, Wake>;
  /** Called in for a free address, and not looked at again yet. */
  readonly called: Set<string>;
  readonly byAddress: Map<string, Map<string, Wake>>;
  readonly others: Map<string, Wake>;
}

/** Where a claim waits. */
interface Place {
  readonly place: string;
  readonly pool: ObjectKey;
  readonly waitingFor: WaitingFor;
}

/**
 * The claims that wait, by pool and by cluster. A free address calls one of them in, a changed pool all of its own: work in proportion to
 * what can come of it, however many wait.
 */
export class WaitingClaims {
  readonly #rooms = new Map<string, Room>();
  readonly #places = new Map<string, Place>();

  /** @param wake has the claim looked at again */
  add(claim: Claim, waitingFor: WaitingFor, wake: Wake): void {
    this.remove(claim);
    const id = claimId(claim);
    const pool = poolKeyOf(claim);
    const place = waitingFor.what === 'cluster' ? clusterPlace(claim) : poolPlace(pool);
    const room = this.#rooms.get(place) ?? newRoom();
    this.#rooms.set(place, room);
    this.#places.set(id, { place, pool, waitingFor });
    const address = addressWaitedFor(waitingFor);
    if (address !== undefined) {
      room.byAddress.set(address, (room.byAddress.get(address) ?? new Map()).set(id, wake));
    }
    if (waitingFor.what === 'any-address') room.line.set(id, wake);
    else if (waitingFor.what !== 'address') room.others.set(id, wake);
  }

  /**
   * The claim is being looked at. Answers the pool for whose free address it had been called in: if it does not take one, the next may.
   */
  remove(claim: Pick<Claim, 'kind' | 'key'>): ObjectKey | undefined {
    const id = claimId(claim);
    const known = this.#places.get(id);
    if (known === undefined) return undefined;
    this.#places.delete(id);
    const { place, pool, waitingFor } = known;
    const room = this.#rooms.get(place);
    if (room === undefined) return undefined;
    room.line.delete(id);
    const called = room.called.delete(id);
    room.others.delete(id);
    const address = addressWaitedFor(waitingFor);
    if (address !== undefined) {
      const asking = room.byAddress.get(address);
      asking?.delete(id);
      if (asking?.size === 0) room.byAddress.delete(address);
    }
    if (sizeOf(room) === 0) this.#rooms.delete(place);
    return called ? pool : undefined;
  }

  /** An address of the pool has been given back: those who wait for it are called in. */
  addressFree(pool: ObjectKey, address: string): void {
    const asking = this.#rooms.get(poolPlace(pool))?.byAddress.get(address);
    for (const wake of asking?.values() ?? []) wake();
  }

  /** Whether claims wait for any address of this pool, and have not been called in. */
  hasLine(pool: ObjectKey): boolean {
    return (this.#rooms.get(poolPlace(pool))?.line.size ?? 0) > 0;
  }

  /** So many addresses of the pool are free: as many claims are called in, the longest waiting first. */
  addressesFree(pool: ObjectKey, free: number): void {
    const room = this.#rooms.get(poolPlace(pool));
    if (room === undefined) return;
    for (const [id, wake] of room.line) {
      if (room.called.size >= free) return;
      room.line.delete(id);
      room.called.add(id);
      wake();
    }
  }

  /** Something about the pool has changed: everybody is to look again. */
  poolChanged(pool: ObjectKey): void {
    this.#callAll(poolPlace(pool));
  }

  clusterChanged(cluster: ObjectKey): void {
    this.#callAll(`cluster ${formatKey(cluster)}`);
  }

  /** How many wait for something of this pool. */
  countOf(pool: ObjectKey): number {
    const room = this.#rooms.get(poolPlace(pool));
    return room === undefined ? 0 : sizeOf(room);
  }

  #callAll(place: string): void {
    const room = this.#rooms.get(place);
    if (room === undefined) return;
    for (const [id, wake] of room.line) {
      room.line.delete(id);
      room.called.add(id);
      wake();
    }
    for (const asking of room.byAddress.values()) for (const wake of asking.values()) wake();
    for (const wake of room.others.values()) wake();
  }
}

function addressWaitedFor(waitingFor: WaitingFor): string | undefined {
  switch (waitingFor.what) {
    case 'address':
      return waitingFor.address;
    case 'any-address':
      return waitingFor.orThis;
    default:
      return undefined;
  }
}

function newRoom(): Room {
  return { line: new Map(), called: new Set(), byAddress: new Map(), others: new Map() };
}

function sizeOf({ line, called, byAddress, others }: Room): number {
  let named = 0;
  for (const asking of byAddress.values()) named += asking.size;
  return line.size + called.size + named + others.size;
}

function poolPlace(pool: ObjectKey): string {
  return `pool ${formatKey(pool)}`;
}

function clusterPlace({ key, clusterName = '' }: Claim): string {
  return `cluster ${formatKey({ namespace: key.namespace, name: clusterName })}`;
}
