import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { aHost, aMetal3Machine, ours } from '../testing.ts';
import { chooseHost, failureDomainLabel } from './decide.ts';

const choose = (hosts: ReturnType<typeof aHost>[], spec = {}, lot = 0) =>
  chooseHost({ metal3Machine: aMetal3Machine({ spec }), reserved: undefined, hosts, lot });
const labelled = (name: string, labels: Record<string, string>) =>
  aHost(name, { metadata: { name, namespace: 'metal3', labels } });

test('takes an available host', () => {
  expect(choose([aHost('a')])).toMatchObject({ kind: 'chosen', already: false, host: { metadata: { name: 'a' } } });
});

test('returns to the host that names it already, in whatever state it is', () => {
  const hosts = [aHost('a'), aHost('b', { state: 'provisioning', spec: { online: true, consumerRef: ours } })];
  expect(choose(hosts)).toMatchObject({ kind: 'chosen', already: true, host: { metadata: { name: 'b' } } });
});

test.each([
  [
    'in use',
    aHost('a', { spec: { online: true, consumerRef: { ...ours, name: 'other' } } }),
    'in use by Metal3Machine other',
  ],
  ['in error', aHost('a', { error: 'no power' }), 'in error: no power'],
  ['paused', aHost('a', { metadata: { name: 'a', annotations: { 'baremetalhost.metal3.io/paused': '' } } }), 'paused'],
  [
    'unhealthy',
    aHost('a', { metadata: { name: 'a', annotations: { 'capm3.metal3.io/unhealthy': '' } } }),
    'marked unhealthy',
  ],
  [
    'being deleted',
    aHost('a', { metadata: { name: 'a', deletionTimestamp: '2026-01-01T00:00:00Z' } }),
    'being deleted',
  ],
  ['already given an image', aHost('a', { spec: { online: true, image: { url: 'x' } } }), 'already has an image'],
  ['not ready', aHost('a', { state: 'inspecting' }), 'in state inspecting'],
])('refuses a host that is %s and says so', (_what, host, why) => {
  expect(choose([host])).toMatchObject({ kind: 'none', refused: [{ host: 'a', why }] });
});

test('a machine without a host is told which hosts were looked at, and why none of them will do', () => {
  const used = ['e', 'c', 'd', 'b'].map((name) =>
    aHost(name, { spec: { online: true, consumerRef: { ...ours, name: `m-${name}` } } }),
  );
  const hosts = [...used, aHost('a', { state: 'inspecting' }), aHost('f', { error: 'no power' })];
  expect(choose(hosts)).toMatchObject({
    reason:
      'no available host: 6 BareMetalHosts were looked at, 4 in use (b, c, d and 1 more), 1 in state inspecting (a), 1 in error (f)',
  });
  expect(choose([aHost('a', { state: 'inspecting' })])).toMatchObject({
    reason: 'no available host: 1 BareMetalHost was looked at, 1 in state inspecting (a)',
  });
  expect(choose([])).toMatchObject({ reason: 'no available host: the namespace has no BareMetalHost' });
});

test('prefers the failure domain but does not insist on it', () => {
  const far = labelled('far', { [failureDomainLabel]: 'south' });
  const near = labelled('near', { [failureDomainLabel]: 'north' });
  expect(choose([far, near], { failureDomain: 'north' })).toMatchObject({ host: { metadata: { name: 'near' } } });
  expect(choose([far], { failureDomain: 'north' })).toMatchObject({ host: { metadata: { name: 'far' } } });
});

test.each([
  ['In', ['big', 'huge'], true],
  ['NotIn', ['big'], false],
  ['Exists', [], true],
  ['DoesNotExist', [], false],
  ['!=', ['small'], true],
])('the selector operator %s %j decides %s', (operator, values, chosen) => {
  const spec = { hostSelector: { matchExpressions: [{ key: 'size', operator, values }] } };
  expect(choose([labelled('a', { size: 'big' })], spec).kind).toBe(chosen ? 'chosen' : 'none');
});

test('an unknown selector operator is named with the field', () => {
  const spec = { hostSelector: { matchExpressions: [{ key: 'size', operator: 'Like', values: ['b'] }] } };
  expect(choose([aHost('a')], spec)).toMatchObject({
    kind: 'invalid',
    reason: expect.stringContaining('spec.hostSelector.matchExpressions: operator Like'),
  });
});

test('whatever the lot, the choice is one of the free hosts', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.integer({ min: 1, max: 20 }),
      (lot, count) => {
        const hosts = Array.from({ length: count }, (_, index) => aHost(`h${index}`));
        const choice = choose([...hosts, aHost('busy', { state: 'provisioned' })], {}, lot);
        return choice.kind === 'chosen' && choice.host.metadata.name !== 'busy';
      },
    ),
  );
});

test('stays with the host it put itself down for, unless that is taken', () => {
  const pick = (hosts: ReturnType<typeof aHost>[]) =>
    chooseHost({ metal3Machine: aMetal3Machine(), reserved: 'b', hosts, lot: 0 });
  expect(pick([aHost('a'), aHost('b')])).toMatchObject({ host: { metadata: { name: 'b' } } });
  const taken = aHost('b', { spec: { online: true, consumerRef: { ...ours, name: 'other' } } });
  expect(pick([aHost('a'), taken])).toMatchObject({ host: { metadata: { name: 'a' } } });
});
