import { keyOf, type ObjectKey } from '@metal3/kube-client';
import { changesOf, relatedTo, withoutWaiting, type CacheChange, type Source } from '@metal3/kube-controller';
import type { BareMetalHost, HostClaim } from '@metal3/metal3-api';
import { sameJson } from '../kernel.ts';
import type { ClaimCaches } from './adapters/kubernetes.ts';
import { refusal } from './association/decide.ts';
import { claimOf } from './consumer.ts';
import { hasBeenAssociated } from './status.ts';

/** Everything that may give a claim something to do, or end its wait: nothing is polled. */
export function claimSources({ claims, hosts, hardware, policies, namespaces }: ClaimCaches): readonly Source[] {
  const waiting = (): readonly ObjectKey[] => claims.byIndex('waiting', 'yes').map(keyOf);
  const claimsOf = (...changed: readonly (BareMetalHost | undefined)[]) =>
    changed.flatMap((host) => claimOf(host) ?? []);
  return [
    withoutWaiting(changesOf(claims, { where: isEdited })),
    relatedTo(hosts, ({ before, after }) => [
      ...claimsOf(before, after),
      ...(isNewlyFree(before, after) ? waiting() : []),
    ]),
    withoutWaiting(relatedTo(hardware, ({ key }) => claimsOf(hosts.find(key)))),
    withoutWaiting(relatedTo(policies, waiting)),
    withoutWaiting(
      relatedTo(namespaces, ({ key, before, after }) =>
        before !== undefined && sameJson(before.metadata.labels, after?.metadata.labels)
          ? []
          : waiting().filter(({ namespace }) => namespace === key.name),
      ),
    ),
  ];
}

/** For `waiting`: claims that look for a host. */
export function isWaiting(claim: HostClaim): readonly string[] {
  return claim.metadata.deletionTimestamp === undefined && !hasBeenAssociated(claim) ? ['yes'] : [];
}

/** A claim's own status is no reason to look at it. */
function isEdited({ before, after }: CacheChange<HostClaim>): boolean {
  const said = ({ metadata: { generation, deletionTimestamp, annotations, uid } }: HostClaim) => [
    uid,
    generation,
    deletionTimestamp,
    annotations,
  ];
  return !sameJson(before && said(before), after && said(after));
}

/** Free, and not so before, or with other labels. */
function isNewlyFree(before: BareMetalHost | undefined, after: BareMetalHost | undefined): boolean {
  if (after === undefined || refusal(after) !== undefined) return false;
  return (
    before === undefined || refusal(before) !== undefined || !sameJson(before.metadata.labels, after.metadata.labels)
  );
}
