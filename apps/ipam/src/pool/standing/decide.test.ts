import { expect, test } from '@jest/globals';
import type { IPPool } from '@metal3/metal3-api';
import { decideStanding, pausedAnnotation, poolFinalizer } from './decide.ts';

const pool = (metadata: Partial<IPPool['metadata']> = {}) =>
  ({ metadata: { name: 'p', finalizers: [poolFinalizer], ...metadata }, spec: { clusterName: 'c' } }) as IPPool;
const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' };
const annotated = { annotations: { [pausedAnnotation]: '' } };

test.each([
  ['that is not there is absent', undefined, 'none', 'absent'],
  ['with our finalizer is open', pool(), 'none', 'open'],
  [
    'without our finalizer is not ready: it could go while its first address is given out',
    pool({ finalizers: [] }),
    'none',
    'not-ready',
  ],
  ['whose Cluster is there is open', pool(), { paused: false }, 'open'],
  ['whose Cluster is missing is not ready', pool(), 'missing', 'not-ready'],
  ['whose Cluster is paused is paused', pool(), { paused: true }, 'paused'],
  ['that is annotated is paused, whatever the value', pool(annotated), { paused: false }, 'paused'],
  ['on its way out only takes addresses back, also without its Cluster', pool(deleted), 'missing', 'deleting'],
  ['that is paused takes none back either', pool({ ...deleted, ...annotated }), 'none', 'paused'],
  ['of a paused Cluster takes none back either', pool(deleted), { paused: true }, 'paused'],
] as const)('a pool %s', (_, given, cluster, standing) => {
  expect(decideStanding(given, cluster).kind).toBe(standing);
});
