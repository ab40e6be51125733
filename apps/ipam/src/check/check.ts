import { type CheckedRelease, fieldRefused, kindServed } from '@metal3/kube-controller';
import type { ReleaseStep } from '@metal3/service';
import { type IPPoolSpec, ipAddress, ipClaim, ipPool } from '@metal3/metal3-api';

/** What must hold before a release can be said to work. */
export function ipamSteps({ client, namespace, webhooks }: CheckedRelease): readonly ReleaseStep[] {
  const name = 'metal3-ipam-check';
  const tryPool = (pools: NonNullable<IPPoolSpec['pools']>, signal: AbortSignal) =>
    client.create(
      ipPool,
      { metadata: { namespace, name }, spec: { namePrefix: name, pools } },
      { dryRun: true, signal },
    );
  const backwards = fieldRefused('the webhook refuses a pool whose range runs backwards', 'spec.pools[0]', (signal) =>
    tryPool([{ start: '192.0.2.9', end: '192.0.2.1' }], signal),
  );
  return [
    kindServed(client, ipPool, namespace),
    kindServed(client, ipClaim, namespace),
    kindServed(client, ipAddress, namespace),
    [
      'a good pool is let in',
      async (signal) => void (await tryPool([{ start: '192.0.2.1', end: '192.0.2.9' }], signal)),
    ],
    ...(webhooks ? [backwards] : []),
  ];
}
