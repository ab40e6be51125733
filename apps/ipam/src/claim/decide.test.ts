import { expect, test } from '@jest/globals';
import type { KubeObject } from '@metal3/kube-client';
import type { IPPool } from '@metal3/metal3-api';
import { parseIp } from '../address/ip.ts';
import type { AllocationGround } from '../allocation/allocate.ts';
import { planOf } from '../allocation/plan.ts';
import { Ledger } from '../ledger/ledger.ts';
import type { GivenAddress } from '../register/ports.ts';
import type { Claim } from './claim.ts';
import { type ClaimObservation, decideClaim } from './decide.ts';

const pool: IPPool = {
  apiVersion: 'ipam.metal3.io/v1alpha1',
  kind: 'IPPool',
  metadata: { namespace: 'lab', name: 'pool' },
  spec: { namePrefix: 'p', pools: [{ start: '10.0.0.1', end: '10.0.0.2' }] },
};
const claim = (known: Partial<Claim> = {}): Claim => ({
  kind: 'IPClaim',
  key: { namespace: 'lab', name: 'claim' },
  uid: 'c-1',
  createdAt: '2026-01-01T00:00:00Z',
  pool: { name: 'pool' },
  requested: undefined,
  deleting: false,
  held: true,
  inUse: false,
  paused: false,
  clusterName: undefined,
  address: undefined,
  told: undefined,
  object: { apiVersion: '', kind: 'IPClaim', metadata: {} } satisfies KubeObject,
  ...known,
});
const address = (name = 'p-10-0-0-1', known: Partial<GivenAddress> = {}): GivenAddress => ({
  api: 'metal3',
  key: { namespace: 'lab', name },
  uid: `uid of ${name}`,
  ip: undefined,
  text: '10.0.0.1',
  pool: { namespace: 'lab', name: 'pool' },
  fromPool: true,
  claim: { key: { namespace: 'lab', name: 'claim' }, uid: 'c-1' },
  deleting: false,
  object: { apiVersion: '', kind: 'IPAddress', metadata: {} } satisfies KubeObject,
  ...known,
});
const groundWith = (...taken: string[]): AllocationGround => {
  const ledger = new Ledger();
  for (const text of taken) {
    const ip = parseIp(text);
    if (ip !== undefined) ledger.take(ip);
  }
  return { plan: planOf(pool), ledger, holderOf: () => 'neighbour', lot: () => 0 };
};

const bound = { address: 'p-10-0-0-1', told: { ready: true, reason: 'Ready', message: '' } };
const refused = { ready: false, reason: 'PoolExhausted', message: '', errorMessage: 'Exhausted IP Pools' };
const contested = { robbed: false, contested: new Set(['p-10-0-0-1']) };
const paused = { kind: 'paused', why: 'annotation' } as const;

test.each<[sentence: string, observed: Partial<ClaimObservation>, decision: object]>([
  ['allocates for a new claim', {}, { kind: 'allocate', allocation: { ip: parseIp('10.0.0.1') } }],
  ['leaves a bound claim alone', { claim: claim(bound), addresses: [address()] }, { kind: 'settled' }],
  ['binds an address that was registered before a crash', { addresses: [address()] }, { kind: 'bind' }],
  [
    'clears an error once the address is there',
    { claim: claim({ ...bound, told: refused }), addresses: [address()] },
    { kind: 'bind', address: address() },
  ],
  [
    'tells a claim of Cluster API that it is ready, where upstream could not',
    { claim: claim({ kind: 'IPAddressClaim', address: 'p-10-0-0-1' }), addresses: [address()] },
    { kind: 'bind' },
  ],
  ['tries again after an error', { claim: claim({ told: refused }) }, { kind: 'allocate' }],
  [
    'drops what was made for a bound claim in vain',
    { claim: claim(bound), addresses: [address(), address('p-10-0-0-2')] },
    { kind: 'drop', surplus: [address('p-10-0-0-2')] },
  ],
  [
    'keeps the address of a bound claim that somebody wants to delete',
    { claim: claim(bound), addresses: [address('p-10-0-0-1', { deleting: true })] },
    { kind: 'settled' },
  ],
  [
    'makes the lost object of a bound claim again, whoever seems to have the address',
    { claim: claim({ ...bound, address: 'p-10-0-0-2' }), ground: groundWith('10.0.0.2') },
    { kind: 'allocate', allocation: { ip: parseIp('10.0.0.2') } },
  ],
  [
    'makes it again while the pool is being deleted, too',
    { claim: claim(bound), standing: { kind: 'deleting' } },
    { kind: 'allocate', allocation: { ip: parseIp('10.0.0.1') } },
  ],
  [
    'does not take back what a claim was told when its pool is gone',
    { claim: claim(bound), pool: undefined, ground: undefined, standing: { kind: 'absent' } },
    { kind: 'wait', waitingFor: { what: 'pool' } },
  ],
  [
    'gives another address when somebody else has that one',
    { claim: claim(bound), findings: { robbed: true, contested: new Set() }, ground: groundWith('10.0.0.1') },
    { kind: 'allocate', allocation: { ip: parseIp('10.0.0.2') }, restores: false },
  ],
  [
    'takes another address while a claim of the other kind has the first, too',
    { addresses: [address()], findings: contested, ground: groundWith('10.0.0.1') },
    { kind: 'allocate', allocation: { ip: parseIp('10.0.0.2') } },
  ],
  [
    'waits for any address, or for a claim of Cluster API to give way, when there is no other',
    { addresses: [address()], findings: contested, ground: groundWith('10.0.0.1', '10.0.0.2') },
    { kind: 'refuse', waitingFor: { what: 'any-address', orThis: '10.0.0.1' } },
  ],
  [
    'gives way as a claim of Cluster API',
    {
      claim: claim({ kind: 'IPAddressClaim' }),
      addresses: [address()],
      findings: contested,
      ground: groundWith('10.0.0.1', '10.0.0.2'),
    },
    { kind: 'give-up', address: address(), verdict: { ready: false } },
  ],
  [
    'binds no address that is going, but gives it up',
    { addresses: [address('p-10-0-0-1', { deleting: true })], ground: groundWith('10.0.0.1') },
    {
      kind: 'give-up',
      address: address('p-10-0-0-1', { deleting: true }),
      verdict: { ready: false, message: expect.stringContaining('(UID uid of p-10-0-0-1)') },
    },
  ],
  [
    'gives up none when it was told another, which somebody else has now',
    {
      claim: claim({ address: 'p-10-0-0-2' }),
      addresses: [address('p-10-0-0-1', { deleting: true })],
      findings: { robbed: true, contested: new Set() },
      ground: groundWith('10.0.0.1'),
    },
    { kind: 'allocate', allocation: { ip: parseIp('10.0.0.2') } },
  ],
  [
    'releases a deleted claim',
    { claim: claim({ ...bound, deleting: true }), addresses: [address()] },
    { kind: 'release', addresses: [address()] },
  ],
  [
    'releases a deleted claim whose pool is gone',
    {
      claim: claim({ ...bound, deleting: true }),
      addresses: [address()],
      pool: undefined,
      standing: { kind: 'absent' },
    },
    { kind: 'release' },
  ],
  [
    'releases a deleted claim whose Cluster is gone',
    { claim: claim({ deleting: true }), cluster: 'missing' },
    { kind: 'release' },
  ],
  [
    'keeps the address while another holds the deleted claim',
    { claim: claim({ ...bound, deleting: true, inUse: true }), addresses: [address()] },
    { kind: 'in-use' },
  ],
  [
    'drops an address that a deleted claim in use was never told',
    { claim: claim({ deleting: true, inUse: true }), addresses: [address()] },
    { kind: 'drop', surplus: [address()] },
  ],
  [
    'has nothing to do with a deleted claim it never held',
    { claim: claim({ deleting: true, held: false }) },
    { kind: 'settled' },
  ],
  [
    'leaves claims on pools of other providers alone',
    { claim: claim({ pool: undefined, held: false }) },
    { kind: 'settled' },
  ],
  ['writes nothing for a paused claim', { claim: claim({ paused: true }) }, { kind: 'wait' }],
  ['writes nothing while the pool is paused', { standing: paused }, { kind: 'wait', waitingFor: { what: 'pool' } }],
  [
    'takes nothing back while the pool is paused',
    { claim: claim({ deleting: true }), standing: paused },
    { kind: 'wait' },
  ],
  [
    'writes nothing while the Cluster of the claim is paused',
    { claim: claim({ clusterName: 'demo' }), cluster: { paused: true } },
    { kind: 'wait', waitingFor: { what: 'cluster' }, why: 'Cluster demo is paused' },
  ],
  [
    'waits for the Cluster of the claim',
    { claim: claim({ clusterName: 'demo' }), cluster: 'missing' },
    { kind: 'wait', waitingFor: { what: 'cluster' }, why: 'Cluster demo is not there' },
  ],
  [
    'waits for what the pool needs first',
    { standing: { kind: 'not-ready', missing: 'cluster', why: 'Cluster demo of IPPool pool is not there' } },
    { kind: 'wait', why: 'Cluster demo of IPPool pool is not there' },
  ],
  [
    'says that the pool is not there, in the condition alone',
    { pool: undefined, ground: undefined, standing: { kind: 'absent' } },
    {
      kind: 'refuse',
      verdict: { reason: 'PoolNotFound', message: 'IPPool pool does not exist', errorMessage: undefined },
    },
  ],
  [
    'serves no new claim from a pool that is being deleted',
    { standing: { kind: 'deleting' } },
    { kind: 'refuse', verdict: { errorMessage: 'IPPool pool is being deleted' } },
  ],
  [
    'serves no claim whose reference names no pool of its own',
    { claim: claim({ pool: { name: 'pool', problem: 'spec.pool.kind is Lake' } }), pool: undefined, ground: undefined },
    { kind: 'refuse', verdict: { reason: 'InvalidPoolReference', errorMessage: 'spec.pool.kind is Lake' } },
  ],
  [
    'gives the address asked for by annotation',
    { claim: claim({ requested: '10.0.0.2' }) },
    { kind: 'allocate', allocation: { ip: parseIp('10.0.0.2') } },
  ],
  [
    'waits for that very address when it is in use',
    { claim: claim({ requested: '10.0.0.2' }), ground: groundWith('10.0.0.2') },
    {
      kind: 'refuse',
      waitingFor: { what: 'address', address: '10.0.0.2' },
      verdict: { errorMessage: 'Requested IP not available' },
    },
  ],
  [
    'waits for any address when all are in use',
    { ground: groundWith('10.0.0.1', '10.0.0.2') },
    {
      kind: 'refuse',
      waitingFor: { what: 'any-address' },
      verdict: {
        reason: 'PoolExhausted',
        errorMessage: 'Exhausted IP Pools',
        message: 'Exhausted IP Pools: 10.0.0.1-10.0.0.2 has 2 in use',
      },
    },
  ],
  [
    'waits for another pool when the address asked for is in none of its ranges',
    { claim: claim({ requested: '10.9.0.1' }) },
    { kind: 'refuse', waitingFor: { what: 'pool' }, verdict: { errorMessage: 'Exhausted IP Pools' } },
  ],
])('%s', (_sentence, observed, decision) => {
  const observation: ClaimObservation = {
    claim: claim(),
    pool,
    standing: { kind: 'open' },
    cluster: 'none',
    addresses: [],
    findings: { robbed: false, contested: new Set() },
    ground: groundWith(),
    ...observed,
  };
  expect(decideClaim(observation)).toMatchObject(decision);
});

test.each(['Rack_1', 'x'.repeat(250)])(
  'a claim on a pool whose prefix %s makes no object names is told so',
  (namePrefix) => {
    const unusable = { ...pool, spec: { ...pool.spec, namePrefix } };
    const decision = decideClaim({
      claim: claim(),
      pool: unusable,
      standing: { kind: 'open' },
      cluster: 'none',
      addresses: [],
      findings: { robbed: false, contested: new Set() },
      ground: groundWith(),
    });
    expect(decision).toMatchObject({
      kind: 'refuse',
      waitingFor: { what: 'pool' },
      verdict: { reason: 'AllocationFailed', errorMessage: expect.stringContaining('spec.namePrefix') },
    });
  },
);
