import { expect, test } from '@jest/globals';
import type { BareMetalHost, HostClaim, HostDeployPolicy } from '@metal3/metal3-api';
import { aClaim, aHost, aPolicy } from '../testing.ts';
import { chooseHost, failureDomainLabel } from './decide.ts';
import { selects } from './selector.ts';

const home = { name: 'tenant', labels: { team: 'blue', paid: 'yes' } };
const choose = (
  hosts: readonly BareMetalHost[],
  {
    spec = {},
    status,
    policies = [aPolicy({})],
    lot = 0,
  }: {
    readonly spec?: Partial<HostClaim['spec']>;
    readonly status?: HostClaim['status'];
    readonly policies?: readonly HostDeployPolicy[];
    readonly lot?: number;
  } = {},
) => chooseHost({ claim: aClaim({ spec, status }), home, policies, hosts, lot });
const chosen = (...asked: Parameters<typeof choose>) => {
  const choice = choose(...asked);
  return choice.kind === 'chosen' ? choice.host.metadata.name : choice.reason;
};

test.each<[sentence: string, policies: readonly HostDeployPolicy[], expected: string]>([
  ['one that names nothing lets everybody', [aPolicy({})], 'a'],
  ['none lets nobody', [], 'no HostDeployPolicy lets claims of namespace tenant have hosts'],
  ['one without hostClaimNamespaces lets nobody', [aPolicy(undefined)], 'no HostDeployPolicy'],
  ['one of another namespace lets nobody in', [aPolicy({}, 'elsewhere')], 'no available host: there is none'],
  ['one that names the namespace', [aPolicy({ names: ['other', 'tenant'] })], 'a'],
  ['one that names others', [aPolicy({ names: ['other'] })], 'no HostDeployPolicy'],
  ['one whose expression is found anywhere in the name', [aPolicy({ nameMatches: 'nan' })], 'a'],
  ['one whose expression is anchored', [aPolicy({ nameMatches: '^nan' })], 'no HostDeployPolicy'],
  ['one whose label is there', [aPolicy({ hasLabels: [{ name: 'team' }] })], 'a'],
  ['one whose label has the value', [aPolicy({ hasLabels: [{ name: 'team', value: 'blue' }] })], 'a'],
  ['one whose label has another value', [aPolicy({ hasLabels: [{ name: 'team', value: 'red' }] })], 'no HostDeployP'],
  ['one whose label is missing', [aPolicy({ hasLabels: [{ name: 'team' }, { name: 'x' }] })], 'no HostDeployPolicy'],
  ['all that one names must hold', [aPolicy({ names: ['tenant'], nameMatches: 'other' })], 'no HostDeployPolicy'],
  ['one of several is enough', [aPolicy({ names: ['other'] }), aPolicy({ names: ['tenant'] })], 'a'],
  ['one that cannot be read is told', [aPolicy({ nameMatches: '(' })], 'HostDeployPolicy metal/policy: nameMatches'],
])('of the policies of a namespace %s', (_sentence, policies, expected) => {
  expect(chosen([aHost('a')], { policies })).toContain(expected);
});

test.each<[what: string, host: BareMetalHost, why: string]>([
  ['in use', aHost('a', { spec: { consumerRef: { kind: 'Metal3Machine', name: 'm' } } }), '1 in use'],
  ['being deleted', aHost('a', { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }), '1 being deleted'],
  ['paused', aHost('a', { annotations: { 'baremetalhost.metal3.io/paused': '' } }), '1 paused'],
  ['detached', aHost('a', { annotations: { 'baremetalhost.metal3.io/detached': '' } }), '1 detached'],
  ['marked unhealthy', aHost('a', { annotations: { 'capm3.metal3.io/unhealthy': '' } }), '1 marked unhealthy'],
  ['in error', aHost('a', { errorMessage: 'no power' }), '1 in error'],
  ['given an image', aHost('a', { spec: { image: { url: 'x' } } }), '1 given an image already'],
  ['not ready yet', aHost('a', { state: 'inspecting' }), '1 in state "inspecting"'],
])('a host that is %s is nobody else’s', (_what, host, why) => {
  expect(chosen([host])).toBe(`no available host: ${why}`);
});

test('hosts are asked for by label, and by namespace', () => {
  const hosts = [aHost('a'), aHost('b', { labels: { size: 'big' } }), aHost('c', { metadata: { namespace: 'other' } })];
  const policies = [aPolicy({}), aPolicy({}, 'other')];
  expect(chosen(hosts, { spec: { hostSelector: { matchLabels: { size: 'big' } } } })).toBe('b');
  expect(chosen(hosts, { policies, spec: { hostSelector: { inNamespace: 'other' } } })).toBe('c');
  expect(chosen(hosts, { spec: { hostSelector: { inNamespace: 'other' } } })).toBe(
    'no available host in namespace other: there is none',
  );
  expect(chosen(hosts, { spec: { hostSelector: { matchLabels: { size: 'huge' } } } })).toBe(
    'no available host: 2 not as the selector asks',
  );
});

test('hosts of the failure domain go first, others do where it has none', () => {
  const hosts = [aHost('a'), aHost('b', { labels: { [failureDomainLabel]: 'rack-2' } })];
  expect(chosen(hosts, { spec: { failureDomain: 'rack-2' } })).toBe('b');
  expect(chosen(hosts, { spec: { failureDomain: 'rack-3' } })).toBe('a');
});

test('equal hosts are chosen by lot, but the one that the claim has put itself down for', () => {
  const hosts = ['a', 'b', 'c'].map((name) => aHost(name));
  expect([0, 0.5, 0.99].map((lot) => chosen(hosts, { lot }))).toEqual(['a', 'b', 'c']);
  expect(chosen(hosts, { lot: 0, status: { bareMetalHost: { namespace: 'metal', name: 'c' } } })).toBe('c');
});

test.each<[operator: string, values: readonly string[], expected: boolean]>([
  ['In', ['big', 'huge'], true],
  ['in', ['small'], false],
  ['NotIn', ['small'], true],
  ['notin', ['big'], false],
  ['=', ['big'], true],
  ['==', ['small'], false],
  ['!=', ['small'], true],
  ['Exists', [], true],
  ['DoesNotExist', [], false],
  ['!', [], false],
  ['nonsense', ['big'], false],
  ['In', [], false],
])('size %s %j holds for a big host: %p', (operator, values, expected) => {
  const expressions = [{ key: 'size', operator, values: [...values] }];
  expect(selects({ matchExpressions: expressions }, { size: 'big' })).toBe(expected);
});
