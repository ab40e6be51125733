import type { CodedError } from '@metal3/service';
import { grpcErrors } from './errors.ts';

/**
 * What a caller is told when Kubernetes, which a service acts through, fails it: neither the caller's fault nor a bug. Undefined for errors of
 * another kind. Errors of @metal3/kube-client are known by shape, since services without Kubernetes have no such library.
 */
export function kubernetesFailure(error: unknown, path: string): CodedError | undefined {
  if (!(error instanceof Error) || error.name !== 'KubeError') return undefined;
  const { code, transient } = error as Error & { readonly code?: unknown; readonly transient?: unknown };
  if (code === 'Forbidden' || code === 'Unauthorized') {
    return grpcErrors.kubernetesForbids(`${path}: Kubernetes refuses the service: ${error.message}`, { cause: error });
  }
  if (transient !== true) return undefined;
  return grpcErrors.kubernetesAway(`${path}: Kubernetes does not answer the service: ${error.message}`, {
    cause: error,
  });
}
