import { expect, test } from '@jest/globals';
import type { KubeObject } from '@metal3/kube-client';
import { convert } from './convert.ts';

const group = 'infrastructure.cluster.x-k8s.io';
const old = (kind: string, body: object): KubeObject => ({
  apiVersion: `${group}/v1beta1`,
  kind,
  metadata: { name: 'x' },
  ...body,
});
const up = (kind: string, body: object): unknown => convert(old(kind, body), `${group}/v1beta2`);

test('an old machine gets the new names and places', () => {
  const spec = {
    image: { url: 'http://images/os', checksum: 'abc', format: 'raw' },
    hostSelector: { matchLabels: { size: 'big' }, matchExpressions: [{ key: 'gpu', operator: 'Exists' }] },
    dataTemplate: { apiVersion: 'v1', kind: 'Metal3DataTemplate', name: 'template' },
  };
  const status = {
    ready: true,
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: 'T' }],
  };
  expect(up('Metal3Machine', { spec, status })).toEqual({
    apiVersion: `${group}/v1beta2`,
    kind: 'Metal3Machine',
    metadata: { name: 'x' },
    spec: {
      image: { url: 'http://images/os', checksum: 'abc', diskFormat: 'raw' },
      hostSelector: {
        matchLabels: { size: 'big' },
        matchExpressions: [{ key: 'gpu', operator: 'Exists', values: [] }],
      },
      dataTemplate: { name: 'template' },
    },
    status: {
      initialization: { provisioned: true },
      deprecated: { v1beta1: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: 'T' }] } },
    },
  });
});

test.each([
  [
    'an image without URL is no image',
    'Metal3Machine',
    { image: { url: '', checksum: '' }, customDeploy: { method: 'm' } },
    { customDeploy: { method: 'm' } },
  ],
  [
    'noCloudProvider false means a cloud provider',
    'Metal3Cluster',
    { noCloudProvider: false },
    { cloudProviderEnabled: true },
  ],
  [
    'the newer field wins',
    'Metal3Cluster',
    { noCloudProvider: true, cloudProviderEnabled: true },
    { cloudProviderEnabled: true },
  ],
  [
    'failure domains become a sorted list',
    'Metal3Cluster',
    { failureDomains: { b: {}, a: { controlPlane: true } } },
    { failureDomains: [{ name: 'a', controlPlane: true }, { name: 'b' }] },
  ],
])('%s', (_sentence, kind, spec, expected) => {
  expect(up(kind, { spec })).toMatchObject({ spec: expected });
});

test('a kind it does not know is refused', () => {
  expect(() => convert(old('Metal3Host', {}), `${group}/v1beta2`)).toThrow(/Metal3Host .*not converted/);
});

const bond = { id: 'bond0', bondMode: '802.3ad', macAddress: { string: '52:54:00:00:00:01' }, mtu: 1500 };

test('an old data template gets the new names, lists for its maps, and nothing that is empty', () => {
  const spec = {
    clusterName: 'blue',
    templateReference: 'older',
    metaData: {
      ipAddressesFromIPPool: [{ key: 'ip', name: 'pool', apiGroup: 'ipam.metal3.io', kind: 'IPPool' }],
      strings: [{ key: 'empty', value: '' }],
      objectNames: [],
    },
    networkData: {
      links: {
        bonds: [{ ...bond, parameters: { miimon: 100, lacp_rate: 'fast' } }],
        ethernets: [{ id: 'e', type: 'phy', macAddress: { string: '', fromHostInterface: 'eth0' } }],
      },
      networks: { ipv4: [{ id: 'n', link: 'e', ipAddressFromIPPool: 'pool', fromPoolRef: { kind: '', name: '' } }] },
      services: {},
    },
  };
  expect(up('Metal3DataTemplate', { spec, status: { indexes: { b: 2, a: 0 } } })).toMatchObject({
    spec: {
      clusterName: 'blue',
      metaData: {
        ipAddressesFromPool: [{ key: 'ip', name: 'pool', apiGroup: 'ipam.metal3.io', kind: 'IPPool' }],
        strings: [{ key: 'empty', value: '' }],
      },
      networkData: {
        links: {
          bonds: [
            {
              ...bond,
              parameters: [
                { name: 'lacp_rate', value: 'fast' },
                { name: 'miimon', value: 100 },
              ],
            },
          ],
          ethernets: [{ id: 'e', type: 'phy', macAddress: { fromHostInterface: 'eth0' } }],
        },
        networks: { ipv4: [{ id: 'n', link: 'e', ipAddressFromIPPool: 'pool' }] },
      },
    },
    status: {
      indexes: [
        { name: 'a', index: 0 },
        { name: 'b', index: 2 },
      ],
    },
  });
  const text = JSON.stringify(up('Metal3DataTemplate', { spec }));
  for (const gone of ['templateReference', 'objectNames', 'fromPoolRef', 'services']) expect(text).not.toContain(gone);
});

test('a data template of the new version is the same after a visit to the old one', () => {
  const object = {
    apiVersion: `${group}/v1beta2`,
    kind: 'Metal3DataTemplate',
    metadata: { name: 'x' },
    spec: {
      metaData: { dnsServersFromPool: [{ key: 'dns', name: 'pool' }], indexes: [{ key: 'i', offset: 0, step: 2 }] },
      networkData: {
        links: { bonds: [{ ...bond, parameters: [{ name: 'miimon', value: { ms: 100 } }] }] },
        networks: {
          ipv6: [
            {
              id: 'n',
              link: 'bond0',
              fromPoolRef: { name: 'six' },
              routes: [{ network: '::', prefix: 0, gateway: { string: 'fe80::1' } }],
            },
          ],
        },
      },
    },
    status: { indexes: [{ name: 'a', index: 0 }] },
  };
  expect(convert(convert(object as KubeObject, `${group}/v1beta1`), `${group}/v1beta2`)).toEqual(object);
});

test('references of data and claims keep name and namespace', () => {
  const template = { apiVersion: 'v', kind: 'Metal3DataTemplate', name: 'tpl', namespace: 'metal3', uid: 'u' };
  expect(
    up('Metal3Data', { spec: { index: 0, template, claim: { name: 'c', namespace: '' }, templateReference: 'x' } }),
  ).toMatchObject({
    spec: { index: 0, template: { name: 'tpl', namespace: 'metal3' }, claim: { name: 'c' } },
  });
  expect(up('Metal3DataClaim', { spec: { template }, status: { renderedData: template, errorMessage: '' } })).toEqual({
    apiVersion: `${group}/v1beta2`,
    kind: 'Metal3DataClaim',
    metadata: { name: 'x' },
    spec: { template: { name: 'tpl', namespace: 'metal3' } },
    status: { renderedData: { name: 'tpl', namespace: 'metal3' } },
  });
});
