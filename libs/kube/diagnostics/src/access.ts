import { type KubeClient, mayCallPath, whoseToken } from '@metal3/kube-client';
import type { Answer, Verb } from './endpoint.ts';

/** Resolves to undefined when the caller may, or else to what it is told. */
export type Admit = (verb: Verb, path: string, authorization: string | undefined) => Promise<Answer | undefined>;

/** Callers show a token of Kubernetes, and may do here what their roles let them do with the path (nonResourceURLs). */
export function admitByKubernetes(client: Pick<KubeClient, 'create'>): Admit {
  return async (verb, path, authorization) => {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    const caller = token === undefined ? undefined : await whoseToken(client, token);
    if (caller === undefined) return { status: 401, body: 'show a bearer token of Kubernetes\n' };
    if (await mayCallPath(client, caller, { verb, path })) return undefined;
    return {
      status: 403,
      body: `${caller.name} may not ${verb} ${path}: bind it to a ClusterRole with that nonResourceURL\n`,
    };
  };
}
