import {
  type Clock,
  connectKubernetes,
  findClusterAccess,
  isKubeError,
  type Kind,
  type KubeClient,
  type KubeObject,
} from '@metal3/kube-client';

/** Something that must hold before a release can be said to work; rejects with what is wrong. */
export type ReleaseStep = readonly [what: string, holds: (signal: AbortSignal) => Promise<void>];

export interface ReleaseCheck {
  readonly clock: Clock;
  /** Milliseconds; what does not hold yet is looked at again until then. */
  readonly timeoutMs: number;
  readonly report: (line: string) => void;
}

/** What a release is to be checked with. */
export interface CheckedRelease {
  readonly client: KubeClient;
  /** Where objects are made, in dry runs that store nothing. */
  readonly namespace: string;
  /** Whether the API server is to ask the webhooks. */
  readonly webhooks: boolean;
}

export interface ReleaseCheckSettings extends Pick<CheckedRelease, 'namespace' | 'webhooks'> {
  /** File; empty for the service account of the pod. */
  readonly kubeconfig: string;
  /** Milliseconds. */
  readonly timeout: number;
}

/** What is left to end by itself after the timeout: a request under way. */
const lastRequestMs = 10_000;

/**
 * Connects to the cluster that the settings name, and answers whether the release there works.
 * @param name of the program, by which the API server knows its requests
 * @throws KubeConfigError for a kubeconfig that cannot be used
 */
export async function checkReleaseIn(
  { kubeconfig, namespace, webhooks, timeout: timeoutMs }: ReleaseCheckSettings,
  stepsOf: (release: CheckedRelease) => readonly ReleaseStep[],
  {
    name,
    env,
    clock,
    report,
  }: Omit<ReleaseCheck, 'timeoutMs'> & { readonly name: string; readonly env: NodeJS.ProcessEnv },
): Promise<boolean> {
  const now = () => clock.now();
  const client = connectKubernetes(findClusterAccess({ kubeconfig, env, now }), { userAgent: name, now });
  const steps = stepsOf({ client, namespace, webhooks });
  try {
    return await checkRelease(steps, { clock, timeoutMs, report }, AbortSignal.timeout(timeoutMs + lastRequestMs));
  } finally {
    await client.close();
  }
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
