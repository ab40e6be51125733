import { describe, expect, test } from '@jest/globals';
import type { AdmissionRequest } from '@metal3/kube-admission';
import type { KubeObject } from '@metal3/kube-client';
import type { IPAddress, IPClaim, IPPool } from '@metal3/metal3-api';
import { ipamWebhooks } from './parts.ts';
import { defaultPool, reviewAddress, reviewClaim, reviewPool } from './reviews.ts';

type Draft<T extends KubeObject> = Omit<T, 'apiVersion' | 'kind' | 'metadata'> & { metadata?: T['metadata'] };

function request<T extends KubeObject>(object: Draft<T>, oldObject?: Draft<T>): AdmissionRequest<T> {
  return {
    uid: 'uid',
    kind: { group: 'ipam.metal3.io', version: 'v1alpha1', kind: 'Any' },
    operation: oldObject === undefined ? 'CREATE' : 'UPDATE',
    userInfo: {},
    object: { metadata: { name: 'it' }, ...object } as unknown as T,
    oldObject: oldObject === undefined ? null : ({ metadata: { name: 'it' }, ...oldObject } as unknown as T),
  };
}
const said = ({ problems = [] }: ReturnType<typeof reviewClaim>) =>
  problems.map(({ field, message }) => `${field}: ${message}`);

describe('a pool', () => {
  const spec = { namePrefix: 'p', pools: [{ start: '10.0.0.1', end: '10.0.0.9' }] };
  const smaller = { ...spec, pools: [{ start: '10.0.0.5', end: '10.0.0.9' }] };
  const nothing = () => [];

  test('is sequential if it does not say', () => {
    const draft = { metadata: {}, spec: { ...spec } } as IPPool;
    defaultPool(draft);
    expect(draft.spec.allocationStrategy).toBe('sequential');
    const random = { metadata: {}, spec: { ...spec, allocationStrategy: 'random' } } as IPPool;
    defaultPool(random);
    expect(random.spec.allocationStrategy).toBe('random');
  });

  test('keeps addresses that its status names, and those that only address objects do', () => {
    const old = { spec, status: { indexes: { a: '10.0.0.1' } } };
    expect(said(reviewPool(request<IPPool>({ spec: smaller }, old), () => ['10.0.0.2']))).toEqual([
      'spec.pools: Invalid value: "10.0.0.1": is in use but out of bonds of the pools given',
      'spec.pools: Invalid value: "10.0.0.2": is in use but out of bonds of the pools given',
    ]);
  });

  test('that was stored under older rules stays writable but for its spec', () => {
    const old = { spec: { namePrefix: 'p', pools: [{}] }, status: { indexes: { a: '10.0.0.1' } } };
    expect(said(reviewPool(request<IPPool>(old, old), nothing))).toEqual([]);
    const changed = { ...old, spec: { ...old.spec, prefix: 24 } };
    expect(said(reviewPool(request<IPPool>(changed, old), nothing))).toHaveLength(2);
  });

  test('on its way out is let go', () => {
    const gone = { metadata: { name: 'it', deletionTimestamp: '2026-01-01T00:00:00Z' }, spec: smaller };
    expect(reviewPool(request<IPPool>(gone, { spec, status: { indexes: { a: '10.0.0.1' } } }), nothing)).toEqual({});
  });

  test('is not judged for what is written to its status', () => {
    const status = { ...request<IPPool>({ spec: { namePrefix: 'p', pools: [{}] } }), subResource: 'status' };
    expect(reviewPool(status, nothing)).toEqual({});
  });

  test('is told of what is hardly meant, but not when it is refused', () => {
    const odd = { namePrefix: 'p', pools: [{ end: '10.0.0.1' }] };
    expect(reviewPool(request<IPPool>({ spec: odd }), nothing).warnings).toHaveLength(1);
    expect(reviewPool(request<IPPool>({ spec: { ...odd, gateway: 'x' } }), nothing).warnings).toEqual([]);
  });
});

describe('a claim', () => {
  const pool = { name: 'pool', namespace: 'ns' };
  const claim = (annotations = {}, spec = { pool }) => ({ metadata: { name: 'it', annotations }, spec });

  test('names a pool, and an address if it asks for one', () => {
    expect(said(reviewClaim(request<IPClaim>(claim())))).toEqual([]);
    expect(said(reviewClaim(request<IPClaim>(claim({ ipAddress: '' }))))).toEqual([]);
    expect(
      said(reviewClaim(request<IPClaim>(claim({ ipAddress: '10.0.0' }, { pool: { name: '', namespace: 'ns' } })))),
    ).toEqual([
      'spec.pool.name: Invalid value: "": cannot be empty',
      'metadata.annotations.ipAddress: Invalid value: "10.0.0": is not a valid IP address',
    ]);
  });

  test('stays with its pool, whose reference may be completed, and may ask for another address', () => {
    const completed = claim({ ipAddress: '10.0.0.7' }, { pool: { ...pool, uid: 'x' } as typeof pool });
    expect(said(reviewClaim(request<IPClaim>(completed, claim())))).toEqual([]);
    const moved = claim({}, { pool: { ...pool, name: 'other' } });
    expect(said(reviewClaim(request<IPClaim>(moved, claim())))).toEqual([
      'spec.pool: Invalid value: {"name":"other","namespace":"ns"}: cannot be modified',
    ]);
  });
});

describe('an address', () => {
  const spec = { address: '10.0.0.1', pool: { name: 'pool' }, claim: { name: 'claim' } };

  test('has an address, a pool and a claim', () => {
    expect(said(reviewAddress(request<IPAddress>({ spec })))).toEqual([]);
    expect(said(reviewAddress(request<IPAddress>({ spec: { address: '', pool: {}, claim: {} } })))).toEqual([
      'spec.pool.name: Invalid value: "": cannot be empty',
      'spec.claim.name: Invalid value: "": cannot be empty',
      'spec.address: Invalid value: "": cannot be empty',
    ]);
    expect(said(reviewAddress(request<IPAddress>({ spec: { ...spec, address: 'x' } })))).toEqual([
      'spec.address: Invalid value: "x": is not a valid IP address',
    ]);
  });

  test('keeps all three; the rest of it may change', () => {
    const other = { ...spec, address: '10.0.0.2', pool: { name: 'other' }, claim: { name: 'claim', kind: 'IPClaim' } };
    expect(said(reviewAddress(request<IPAddress>({ spec: other }, { spec })))).toEqual([
      'spec.address: Invalid value: "10.0.0.2": cannot be modified',
      'spec.pool: Invalid value: {"name":"other"}: cannot be modified',
      'spec.claim: Invalid value: {"name":"claim","kind":"IPClaim"}: cannot be modified',
    ]);
    expect(said(reviewAddress(request<IPAddress>({ spec: { ...spec, prefix: 24 } }, { spec })))).toEqual([]);
  });
});

test.each([
  ['ipclaim', 'spec.pool.name: Invalid value: "": cannot be empty'],
  ['ipaddress', 'spec.address: Invalid value: "": cannot be empty'],
])('an %s without a spec is refused by field', async (kind, problem) => {
  const webhook = ipamWebhooks(() => []).find(({ path }) => path === `/validate-ipam-metal3-io-v1alpha1-${kind}`);
  const answer = await webhook?.answer({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: request({} as Draft<KubeObject>),
  });
  expect(answer).toMatchObject({ response: { allowed: false, status: { reason: 'Invalid' } } });
  expect(JSON.stringify(answer)).toContain(JSON.stringify(problem).slice(1, -1));
});
