import { type Clock, isKubeError, type Kind, type KubeClient, type KubeObject } from '@metal3/kube-client';

/** Something that must hold before a release can be said to work; rejects with what is wrong. */
export type ReleaseStep = readonly [what: string, holds: (signal: AbortSignal) => Promise<void>];

export interface ReleaseCheck {
  readonly clock: Clock;
  /** Milliseconds; what does not hold yet is looked at again until then. */
  readonly timeoutMs: number;
  readonly report: (line: string) => void;
}

/** Answers whether a release works; each step is reported, and the first that does not hold ends it. */
export async function checkRelease(
  steps: readonly ReleaseStep[],
  { clock, timeoutMs, report }: ReleaseCheck,
  signal: AbortSignal,
): Promise<boolean> {
  const end = clock.now() + timeoutMs;
  for (const [what, holds] of steps) {
    for (;;) {
      const problem = await holds(signal).then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      if (problem === undefined) break;
      if (clock.now() >= end) {
        report(`FAILED ${what}: ${problem}`);
        return false;
      }
      await clock.sleep(1_000, signal);
    }
    report(`ok     ${what}`);
  }
  return true;
}

/** The API server serves a kind. */
export function kindServed<T extends KubeObject>(client: KubeClient, kind: Kind<T>, namespace: string): ReleaseStep {
  return [
    `${kind.plural} are served`,
    async (signal) => void (await client.list(kind, { namespace, limit: 1, signal })),
  ];
}

/** A webhook refuses what `attempt` does because of a field, so the API server asks it. */
export function fieldRefused(
  what: string,
  field: string,
  attempt: (signal: AbortSignal) => Promise<unknown>,
): ReleaseStep {
  return [
    what,
    async (signal) => {
      try {
        await attempt(signal);
      } catch (error) {
        if (isKubeError(error, 'Invalid') && error.causes.some((cause) => cause.field === field)) return;
        throw error;
      }
      throw new Error('it was let in: the API server did not ask the webhook');
    },
  ];
}
