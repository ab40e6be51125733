import { changesOf, relatedTo, type Source } from '@metal3/kube-controller';
import type { IpamCaches } from './adapters/kubernetes.ts';
import { poolKeyOf } from './key.ts';

/** Everything that may give a pool something to do. */
export function poolSources({ pools, claims, addresses }: IpamCaches): readonly Source[] {
  return [
    changesOf(pools),
    relatedTo(claims, ({ before, after }) =>
      [before, after].flatMap((claim) => (claim === undefined ? [] : [poolKeyOf(claim)])),
    ),
    relatedTo(addresses, ({ before, after }) =>
      // That an address appears is our own doing, or concerns nobody until it goes.
      before !== undefined && (after === undefined || after.metadata.deletionTimestamp !== undefined)
        ? [poolKeyOf(before)]
        : [],
    ),
  ];
}
