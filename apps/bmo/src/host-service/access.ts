import { isAllowed, whoseToken, type KubeClient } from '@metal3/kube-client';
import type { Authenticator, Principal } from '@metal3/grpc';
import { bareMetalHost } from '@metal3/metal3-api';
import { errorTable } from '@metal3/service';

export const hostServiceErrors = errorTable({
  forbidden: {
    code: 'HOST-FORBIDDEN',
    class: 'auth',
    grpcStatus: 'PERMISSION_DENIED',
    httpStatus: 403,
    remedy: 'Bind the caller to a Role that allows this verb on baremetalhosts.',
  },
  notFound: {
    code: 'HOST-NOT-FOUND',
    class: 'permanent',
    grpcStatus: 'NOT_FOUND',
    httpStatus: 404,
    remedy: 'Check namespace and name.',
  },
  changed: {
    code: 'HOST-CHANGED',
    class: 'conflict',
    remedy: 'Read the host again and decide afresh.',
  },
});

/** Lets a caller do only what Kubernetes lets the same user do with the object itself. */
export interface HostAccess {
  /** @param namespace empty for all @throws CodedError HOST-FORBIDDEN */
  require(
    principal: Principal,
    verb: 'get' | 'list' | 'watch' | 'patch',
    namespace: string,
    name?: string,
  ): Promise<void>;
}

export function hostAccess(client: Pick<KubeClient, 'create'>): HostAccess {
  return {
    async require(principal, verb, namespace, name = '') {
      // On loopback without authentication there is nobody to ask about; such a server is reached from this machine only.
      if (principal.kind === 'local') return;
      const wanted = { verb, kind: bareMetalHost, namespace: namespace || undefined, name: name || undefined };
      if (!(await isAllowed(client, principal, wanted))) {
        throw hostServiceErrors.forbidden(
          `${principal.name} may not ${verb} BareMetalHosts in ${namespace || 'all namespaces'}`,
        );
      }
    },
  };
}

/** Callers show a token that Kubernetes gave them, and are who Kubernetes says they are. */
export function kubernetesTokens(client: Pick<KubeClient, 'create'>): Authenticator {
  return {
    async authenticate(token, signal) {
      const subject = await whoseToken(client, token, { signal });
      return subject && { kind: 'token', name: subject.name, groups: subject.groups };
    },
  };
}
