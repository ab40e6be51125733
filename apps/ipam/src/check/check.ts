import { type Clock, isKubeError, type Kind, type KubeClient, type KubeObject } from '@metal3/kube-client';
import { type IPPoolSpec, ipAddress, ipClaim, ipPool } from '@metal3/metal3-api';

export interface ReleaseCheck {
  readonly client: KubeClient;
  /** Where pools are made, in dry runs that store nothing. */
  readonly namespace: string;
  /** Whether the API server is to ask the webhooks. */
  readonly webhooks: boolean;
  readonly clock: Clock;
  /** Milliseconds; what does not hold yet is looked at again until then. */
  readonly timeoutMs: number;
  readonly report: (line: string) => void;
}

/** What must hold before a release can be said to work. Answers whether it does; each step is reported. */
export async function checkRelease(check: ReleaseCheck, signal: AbortSignal): Promise<boolean> {
  const end = check.clock.now() + check.timeoutMs;
  for (const [what, holds] of steps(check)) {
    for (;;) {
      const problem = await holds(signal).then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      if (problem === undefined) break;
      if (check.clock.now() >= end) {
        check.report(`FAILED ${what}: ${problem}`);
        return false;
      }
      await check.clock.sleep(1_000, signal);
    }
    check.report(`ok     ${what}`);
  }
  return true;
}

type Ranges = NonNullable<IPPoolSpec['pools']>;
type Step = readonly [what: string, holds: (signal: AbortSignal) => Promise<void>];

function steps({ client, namespace, webhooks }: ReleaseCheck): readonly Step[] {
  const tryPool = (pools: Ranges, signal: AbortSignal) =>
    client.create(
      ipPool,
      { metadata: { namespace, name: 'metal3-ipam-check' }, spec: { namePrefix: 'metal3-ipam-check', pools } },
      { dryRun: true, signal },
    );
  const served = <T extends KubeObject>(kind: Kind<T>): Step => [
    `${kind.plural} are served`,
    async (signal) => void (await client.list(kind, { namespace, limit: 1, signal })),
  ];
  return [
    served(ipPool),
    served(ipClaim),
    served(ipAddress),
    [
      'a good pool is let in',
      async (signal) => void (await tryPool([{ start: '192.0.2.1', end: '192.0.2.9' }], signal)),
    ],
    ...(webhooks ? [refusal(tryPool)] : []),
  ];
}

function refusal(tryPool: (pools: Ranges, signal: AbortSignal) => Promise<unknown>): Step {
  return [
    'the webhook refuses a pool whose range runs backwards',
    async (signal) => {
      try {
        await tryPool([{ start: '192.0.2.9', end: '192.0.2.1' }], signal);
      } catch (error) {
        if (isKubeError(error, 'Invalid') && error.causes.some(({ field }) => field === 'spec.pools[0]')) return;
        throw error;
      }
      throw new Error('it was let in: the API server did not ask the webhook');
    },
  ];
}
