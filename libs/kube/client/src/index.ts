export * from './object.ts';
export * from './error.ts';
export * from './port.ts';
export * from './clock.ts';
export * from './label-selector.ts';
export * from './core-kinds.ts';
export { type CallCounts, countCalls } from './call-counts.ts';
export {
  type ClusterAccess,
  ClusterAccessError,
  type Credential,
  type Credentials,
  fixedCredential,
} from './access/access.ts';
export { findClusterAccess, inClusterAccess } from './access/in-cluster.ts';
export { type KubeConfigOptions, readEmbeddedKubeConfig, readKubeConfig } from './access/kubeconfig.ts';
export { type Pace, paced } from './pace.ts';
export { connectKubernetes, type Kubernetes, type KubernetesOptions } from './rest/rest-client.ts';
export { type JsonObject, mergePatchOf, sameJson } from './merge-patch.ts';
export {
  type AccessGuard,
  accessGuard,
  isAllowed,
  kubernetesTokens,
  mayCallPath,
  type Subject,
  type WantedAccess,
  whoseToken,
} from './access-review.ts';
