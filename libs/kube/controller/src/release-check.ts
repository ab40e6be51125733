import {
  type Clock,
  connectKubernetes,
  findClusterAccess,
  isKubeError,
  type Kind,
  type KubeClient,
  type KubeObject,
} from '@metal3/kube-client';
import { checkRelease, duration, type ReleaseCheck, type ReleaseStep } from '@metal3/service';
import { type Static, Type } from 'typebox';

/** What a release is to be checked with. */
export interface CheckedRelease {
  readonly client: KubeClient;
  /** Where objects are made, in dry runs that store nothing. */
  readonly namespace: string;
  /** Whether the API server is to ask the webhooks. */
  readonly webhooks: boolean;
}

/** The settings of a program that checks an operator's release. */
export const releaseCheckSettings = (operator: string) =>
  Type.Object({
    kubeconfig: Type.String({
      default: '',
      env: 'KUBECONFIG_FILE',
      flag: 'kubeconfig',
      description: 'Kubeconfig file; empty for the service account of the pod',
    }),
    namespace: Type.String({
      default: 'default',
      flag: 'namespace',
      description: `A namespace that ${operator} serves`,
    }),
    webhooks: Type.Boolean({
      default: true,
      flag: 'webhooks',
      description: 'Whether the API server asks the webhooks',
    }),
    timeout: duration({ default: '60s', flag: 'timeout', description: 'When to give up' }),
  });

/** What is left to end by itself after the timeout: a request under way. */
const lastRequestMs = 10_000;

/**
 * Connects to the cluster that the settings name, and answers whether the release there works.
 * @param name of the program, by which the API server knows its requests
 * @throws KubeConfigError for a kubeconfig that cannot be used
 */
export async function checkReleaseIn(
  { kubeconfig, namespace, webhooks, timeout: timeoutMs }: Static<ReturnType<typeof releaseCheckSettings>>,
  stepsOf: (release: CheckedRelease) => readonly ReleaseStep[],
  {
    name,
    env,
    clock,
    report,
  }: Omit<ReleaseCheck, 'timeoutMs'> & {
    readonly name: string;
    readonly env: NodeJS.ProcessEnv;
    readonly clock: Clock;
  },
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
