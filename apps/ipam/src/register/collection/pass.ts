import type { Reconcile, Source } from '@metal3/kube-controller';
import type { Claim } from '../../claim/claim.ts';
import type { ClaimBook } from '../../claim/ports.ts';
import type { Loaded } from '../../claim/sources.ts';
import type { Clusters } from '../../cluster-api/ports.ts';
import type { Pools } from '../../pool/ports.ts';
import { standingOf } from '../../pool/standing/observe.ts';
import type { AddressBook } from '../ports.ts';
import { decideCollection } from './decide.ts';

export interface CollectionParts {
  readonly claims: ClaimBook;
  readonly addresses: AddressBook;
  readonly pools: Pools;
  readonly clusters: Clusters;
}

const laterMs = 30_000;

/** Takes back the addresses that nobody has. */
export function collectionPass(parts: CollectionParts): Reconcile {
  const { claims, addresses, pools } = parts;
  return async (key, { signal, log }) => {
    const address = addresses.find(key);
    if (address === undefined) return undefined;
    const standing = standingOf(pools.find(address.pool), parts);
    const decision = decideCollection(address, claims.find(address.claim.key), standing);
    switch (decision.kind) {
      case 'keep':
        return undefined;
      case 'later':
        return { requeueAfterMs: laterMs };
      case 'ask-first':
        if (!(await claims.isGone(address.claim, signal))) return undefined;
        log.info(
          { address: address.text, claim: address.claim.key.name },
          'the claim is gone: its address is given back',
        );
        await addresses.remove(address, signal);
        return undefined;
    }
  };
}

/** Addresses that may have lost their claim: at the start, when one appears, when a claim goes. */
export function collectionSource({ claims, addresses }: CollectionParts, loaded: Loaded): Source {
  return {
    async ready(signal) {
      await Promise.all(loaded.map((one) => one.whenSynced(signal)));
    },
    start(enqueue, signal) {
      const hasClaim = (key: Claim['key'], uid: string): boolean => claims.find(key)?.uid === uid;
      const stops = [
        addresses.onChange(({ after }) => {
          if (after !== undefined && !hasClaim(after.claim.key, after.claim.uid)) enqueue(after.key);
        }),
        claims.onChange(({ before, after }) => {
          if (before === undefined || before.uid === after?.uid) return;
          for (const address of addresses.ofClaim(before)) enqueue(address.key);
        }),
      ];
      signal.addEventListener('abort', () => stops.forEach((stop) => stop()), { once: true });
      for (const { key, claim } of addresses.list()) if (!hasClaim(claim.key, claim.uid)) enqueue(key);
    },
  };
}
