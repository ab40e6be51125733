import { expect, test } from '@jest/globals';
import type { AdmissionRequest } from '@metal3/kube-admission';
import type { HostNetworkAttachment } from '@metal3/metal3-api';
import { aHost } from '../host-claim/testing.ts';
import { attachmentsNamed } from '../host/network-attachments.ts';
import { attachmentReview, attachmentViolations } from './host-network-attachment.ts';

const attachment = (spec: Partial<HostNetworkAttachment['spec']>): HostNetworkAttachment => ({
  apiVersion: 'metal3.io/v1alpha1',
  kind: 'HostNetworkAttachment',
  metadata: { namespace: 'metal', name: 'storage' },
  spec: { mode: 'trunk', nativeVLAN: 1, ...spec },
});

test.each<[vlans: string, refused: boolean]>([
  ['7', false],
  ['4094', false],
  ['0', true],
  ['4095', true],
  ['10-20', false],
  ['20-10', true],
  ['10-10', true],
  ['1-4095', true],
  ['1-2-3', true],
])('VLANs %s are refused: %p', (vlans, refused) => {
  const found = attachmentViolations(attachment({ allowedVLANs: ['1', vlans] })).map(({ field }) => field);
  expect(found).toEqual(refused ? ['spec.allowedVLANs[1]'] : []);
});

test('access mode has no other VLANs', () => {
  const allowedVLANs = ['7'];
  expect(attachmentViolations(attachment({ mode: 'access', allowedVLANs }))).toHaveLength(1);
  expect(attachmentViolations(attachment({ mode: 'hybrid', allowedVLANs }))).toEqual([]);
});

const before = attachment({});
const changed = attachment({ nativeVLAN: 2 });
const review = (
  request: Partial<AdmissionRequest<HostNetworkAttachment>>,
  users: ReturnType<typeof aHost>[] | undefined,
) =>
  attachmentReview((name) => (name === 'metal/storage' ? users : []))({
    uid: '1',
    kind: { group: 'metal3.io', version: 'v1alpha1', kind: 'HostNetworkAttachment' },
    userInfo: {},
    operation: 'UPDATE',
    object: changed,
    oldObject: before,
    ...request,
  });
const deletion = { operation: 'DELETE', object: null } as const;

test('one that no host names is changed and deleted', () => {
  expect(review({}, []).problems).toEqual([]);
  expect(review(deletion, [])).toEqual({});
});

test('one that a host names keeps its spec, and stays', () => {
  expect(review({}, [aHost('a')]).problems).toMatchObject([
    { field: 'spec', message: expect.stringContaining('named by BareMetalHost metal/a') },
  ]);
  expect(
    review({ object: { ...before, metadata: { ...before.metadata, labels: { a: 'b' } } } }, [aHost('a')]).problems,
  ).toEqual([]);
  expect(review(deletion, [aHost('a'), aHost('b')])).toEqual({
    denied:
      'HostNetworkAttachment metal/storage can not be deleted: 2 BareMetalHosts name it in spec.networkInterfaces',
    warnings: ['named by BareMetalHost metal/a', 'named by BareMetalHost metal/b'],
  });
});

test('while it is not known which hosts there are, nothing is lost', () => {
  expect(review({}, undefined).problems).toMatchObject([
    { field: 'spec', message: expect.stringContaining('try again') },
  ]);
  expect(review(deletion, undefined).denied).toContain('try again');
});

test('interfaces name attachments of their host’s namespace unless they say another', () => {
  const networkInterfaces = [
    { name: 'eth0', hostNetworkAttachment: { name: 'storage' } },
    { name: 'eth1', hostNetworkAttachment: { name: 'public', namespace: 'shared' } },
    { name: 'eth2' },
  ];
  expect(attachmentsNamed(aHost('a', { spec: { networkInterfaces } }))).toEqual(['metal/storage', 'shared/public']);
});
