/** Real servers on this machine, for the stack and for tests: kube-apiserver with etcd, Redis, PostgreSQL. */
export { cacheDir, controlPlanePrograms, ensureBinaries, findOnPath, locateBinaries, programs } from './binaries.mjs';
export type { BinaryRequest, ProgramName } from './binaries.mjs';
export { clusterApiCrds } from './cluster-api-crds.ts';
export { startChild, waitUntilReady } from './child-process.ts';
export type { Child, ChildExit, ChildOptions } from './child-process.ts';
export { startControlPlane } from './control-plane/control-plane.ts';
export type { ControlPlane, ControlPlaneAccess, ControlPlaneOptions } from './control-plane/control-plane.ts';
export type { KeyPair } from './control-plane/certificates.ts';
export { applyCrds } from './fixtures/crds.ts';
export { asAdmin } from './fixtures/kubernetes-request.ts';
export type { KubernetesReply } from './fixtures/kubernetes-request.ts';
export { testControlPlane, testPostgres, testRedis } from './fixtures/test-servers.ts';
export type { TestControlPlane } from './fixtures/test-servers.ts';
export { freePort } from './ports.ts';
export { findPostgresBin, startPostgres } from './postgres.ts';
export type { Postgres, PostgresOptions } from './postgres.ts';
export { startRedis } from './redis.ts';
export type { Redis, RedisOptions } from './redis.ts';
