import type { Kind, KubeObject } from './object.ts';
import type { CallOptions, KubeClient } from './port.ts';

interface SubjectAccessReview extends KubeObject {
  readonly spec: object;
  readonly status?: { readonly allowed: boolean; readonly reason?: string };
}

const subjectAccessReview: Kind<SubjectAccessReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  namespaced: false,
};

interface TokenReview extends KubeObject {
  readonly spec: { readonly token: string; readonly audiences?: readonly string[] };
  readonly status?: {
    readonly authenticated?: boolean;
    readonly user?: { readonly username?: string; readonly groups?: readonly string[] };
  };
}

const tokenReview: Kind<TokenReview> = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  plural: 'tokenreviews',
  namespaced: false,
};

/** A user as Kubernetes knows it. */
export interface Subject {
  readonly name: string;
  readonly groups: readonly string[];
}

export interface WantedAccess {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'patch' | 'update' | 'delete';
  readonly kind: Pick<Kind, 'group' | 'plural'>;
  /** All namespaces if left out. */
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

/** Asks the API server whether a user may do this (SubjectAccessReview). */
export async function isAllowed(
  client: Pick<KubeClient, 'create'>,
  { name: user, groups }: Subject,
  { verb, kind, namespace, name }: WantedAccess,
  options?: CallOptions,
): Promise<boolean> {
  const resourceAttributes = {
    verb,
    group: kind.group,
    resource: kind.plural,
    ...(namespace && { namespace }),
    ...(name && { name }),
  };
  const spec = { user, groups: [...groups], resourceAttributes };
  const review = await client.create(subjectAccessReview, { metadata: {}, spec }, options);
  return review.status?.allowed === true;
}

/**
 * Asks the API server whether a user may call a path outside the resources, such as /metrics (SubjectAccessReview).
 *
 * @param call verb: the method in lower case
 */
export async function mayCallPath(
  client: Pick<KubeClient, 'create'>,
  { name: user, groups }: Subject,
  { verb, path }: { readonly verb: string; readonly path: string },
  options?: CallOptions,
): Promise<boolean> {
  const spec = { user, groups: [...groups], nonResourceAttributes: { verb, path } };
  const review = await client.create(subjectAccessReview, { metadata: {}, spec }, options);
  return review.status?.allowed === true;
}

/** Asks the API server whose token this is (TokenReview); undefined when it is not valid, or not for these audiences. */
export async function whoseToken(
  client: Pick<KubeClient, 'create'>,
  token: string,
  { audiences, signal }: CallOptions & { readonly audiences?: readonly string[] } = {},
): Promise<Subject | undefined> {
  const spec = { token, ...(audiences && { audiences }) };
  const { status } = await client.create(tokenReview, { metadata: {}, spec }, { signal });
  const user = status?.user;
  if (status?.authenticated !== true || user?.username === undefined) return undefined;
  return { name: user.username, groups: user.groups ?? [] };
}

/** Whoever calls a server of ours, as its identity interceptor found them. `local`: loopback without authentication. */
interface Caller extends Subject {
  readonly kind: string;
}

/** Lets a caller do only what Kubernetes lets the same user do with the objects themselves. */
export interface AccessGuard {
  /**
   * Resolves when the caller may.
   *
   * @param namespace empty for all
   * @throws what `forbidden` makes of the sentence that says what is not allowed
   */
  require(
    caller: Caller,
    verb: WantedAccess['verb'],
    where: { readonly namespace: string; readonly name?: string },
    signal?: AbortSignal,
  ): Promise<void>;
}

/** Guards the objects of one kind by SubjectAccessReviews. */
export function accessGuard(
  client: Pick<KubeClient, 'create'>,
  kind: WantedAccess['kind'],
  forbidden: (sentence: string) => Error,
): AccessGuard {
  return {
    async require(caller, verb, { namespace, name }, signal) {
      // On loopback without authentication there is nobody to ask about; such a server is reached from this machine only.
      if (caller.kind === 'local') return;
      if (await isAllowed(client, caller, { verb, kind, namespace, name }, { signal })) return;
      throw forbidden(`${caller.name} may not ${verb} ${kind.plural} in ${namespace || 'all namespaces'}`);
    },
  };
}

/** Callers show a token that Kubernetes gave them, and are who Kubernetes says they are. Fits @metal3/grpc's Authenticator. */
export function kubernetesTokens(client: Pick<KubeClient, 'create'>) {
  return {
    async authenticate(token: string, signal: AbortSignal) {
      const subject = await whoseToken(client, token, { signal });
      return subject && { kind: 'token' as const, name: subject.name, groups: subject.groups };
    },
  };
}
