export type { Cache, CacheChange, CachedClient, CacheOptions } from './cache/cache.ts';
export { cachedClient } from './cache/cached-client.ts';
export { cacheAcross } from './cache/across-namespaces.ts';
export { type CacheNews, follow, followCache, type Followed, type News } from './cache/follow.ts';
export { type Reconcile, type ReconcileContext, type Result, type Source, TerminalError } from './runtime/reconcile.ts';
export { type Controller, controller, type ControllerMetrics, type ControllerOptions } from './runtime/controller.ts';
export { controllerMetrics, leadershipMetric } from './runtime/controller-metrics.ts';
export {
  bell,
  type Bell,
  changesOf,
  onceInAWhile,
  ownersOf,
  relatedTo,
  resyncOf,
  withoutWaiting,
} from './runtime/sources.ts';
export { type WorkQueue, workQueue, type WorkQueueOptions } from './runtime/work-queue.ts';
export {
  lease,
  type Lease,
  type LeaderElectionOptions,
  LeadershipLost,
  whileLeading,
} from './runtime/leader-election.ts';
export { type PatchSession, patchSession, type PatchSessionOptions } from './patch-session.ts';
export {
  type Condition,
  type ConditionFinding,
  findCondition,
  isConditionTrue,
  metaTime,
  removeCondition,
  setCondition,
} from './conditions/standard.ts';
export {
  type CarriesV1Beta2Conditions,
  type ClusterApiCondition,
  type ClusterApiFinding,
  setClusterApiCondition,
  setV1Beta2Condition,
  summarizeClusterApiConditions,
} from './conditions/cluster-api.ts';
export { saveStatus } from './status.ts';
export { addFinalizer, hasFinalizer, hold, release, removeFinalizer } from './finalizers.ts';
export { findOwner, ownerReference, removeOwnerReference, setOwnerReference } from './owner-references.ts';
export { type EventRecorder, eventRecorder, type EventRecorderOptions, kubeEvent, type KubeEvent } from './events.ts';
export { cachesPart, controllersPart, type RuntimePart } from './runtime/parts.ts';
export {
  apiPaceSettings,
  homeNamespace,
  joinCluster,
  type Operator,
  type OperatorSettings,
  watchedNamespaces,
} from './operator.ts';
export {
  checkReleaseIn,
  type CheckedRelease,
  fieldRefused,
  kindServed,
  releaseCheckSettings,
} from './release-check.ts';
