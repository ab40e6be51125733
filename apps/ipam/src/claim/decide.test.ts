import { expect, test } from '@jest/globals';
import type { IPAddress, IPClaim, IPPool } from '@metal3/metal3-api';
import { allocator } from '../allocation/allocate.ts';
import { claimFinalizer, type ClaimObservation, decideClaim } from './decide.ts';

const pool = (known: Partial<IPPool> = {}): IPPool => ({
  apiVersion: 'ipam.metal3.io/v1alpha1',
  kind: 'IPPool',
  metadata: { namespace: 'lab', name: 'pool' },
  spec: { namePrefix: 'p', pools: [{ start: '10.0.0.1', end: '10.0.0.2' }] },
  ...known,
});
const claim = (metadata: IPClaim['metadata'] = {}, status?: IPClaim['status']): IPClaim => ({
  apiVersion: 'ipam.metal3.io/v1alpha1',
  kind: 'IPClaim',
  metadata: { namespace: 'lab', name: 'claim', uid: 'c-1', ...metadata },
  spec: { pool: { name: 'pool' } },
  ...(status && { status }),
});
const address = (metadata: IPAddress['metadata'] = {}): IPAddress => ({
  apiVersion: 'ipam.metal3.io/v1alpha1',
  kind: 'IPAddress',
  metadata: { namespace: 'lab', name: 'p-10-0-0-1', ...metadata },
  spec: { address: '10.0.0.1', claim: { name: 'claim' }, pool: { name: 'pool' } },
});
const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' };
const bound = { address: { name: 'p-10-0-0-1', namespace: 'lab' } };

test.each<[sentence: string, observed: Partial<ClaimObservation>, decision: object]>([
  ['allocates for a new claim', {}, { kind: 'allocate' }],
  ['leaves a bound claim alone', { claim: claim({}, bound), addresses: [address()] }, { kind: 'settled' }],
  ['binds an address that was registered before a crash', { addresses: [address()] }, { kind: 'bind' }],
  [
    'clears an error once the address is there',
    { claim: claim({}, { ...bound, errorMessage: 'Exhausted IP Pools' }), addresses: [address()] },
    { kind: 'bind' },
  ],
  ['tries again after an error', { claim: claim({}, { errorMessage: 'Exhausted IP Pools' }) }, { kind: 'allocate' }],
  [
    'releases a deleted claim',
    { claim: claim({ ...deleted, finalizers: [claimFinalizer] }, bound), addresses: [address()] },
    { kind: 'release', addresses: [address()] },
  ],
  [
    'keeps the address while another holds the deleted claim',
    { claim: claim({ ...deleted, finalizers: [claimFinalizer, 'other/finalizer'] }, bound), addresses: [address()] },
    { kind: 'in-use' },
  ],
  ['has nothing to do with a deleted claim it never held', { claim: claim(deleted) }, { kind: 'settled' }],
  [
    'serves no new claim from a pool that is being deleted',
    { pool: pool({ metadata: { namespace: 'lab', name: 'pool', ...deleted } }) },
    { kind: 'refuse', message: 'IPPool pool is being deleted' },
  ],
  [
    'serves no claim from another namespace',
    { claim: { ...claim(), spec: { pool: { name: 'pool', namespace: 'other' } } } },
    { kind: 'refuse', message: 'spec.pool.namespace is other: a pool serves its own namespace only' },
  ],
  [
    'gives an address back that was taken away by force',
    { claim: claim({}, bound), pool: pool({ status: { indexes: { claim: '10.0.0.2' } } }) },
    { kind: 'allocate', allocation: { ip: { family: 4, value: 0x0a000002n } } },
  ],
  [
    'gives the address asked for by annotation',
    { claim: claim({ annotations: { ipAddress: '10.0.0.2' } }) },
    { kind: 'allocate', allocation: { ip: { family: 4, value: 0x0a000002n } } },
  ],
])('%s', (_sentence, observed, decision) => {
  const observation = { claim: claim(), pool: pool(), addresses: [], ...observed };
  expect(
    decideClaim(
      observation,
      allocator(observation.pool.spec, [], () => 0),
    ),
  ).toMatchObject(decision);
});
