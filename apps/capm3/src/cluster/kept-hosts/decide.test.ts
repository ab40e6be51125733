import { expect, test } from '@jest/globals';
import { aHost, ours } from '../../machine/testing.ts';
import { keptHosts } from './decide.ts';

const byCluster = (name: string) => ({
  apiVersion: 'cluster.x-k8s.io/v1beta2',
  kind: 'Cluster',
  name,
  namespace: 'metal3',
});
const host = (name: string, consumerRef: object | undefined, labels = {}) =>
  aHost(name, { spec: { online: false, ...(consumerRef && { consumerRef }) }, metadata: { name, labels } });

test('a cluster that goes frees the hosts that it keeps for reuse, and no others', () => {
  const kept = { 'infrastructure.cluster.x-k8s.io/node-reuse': 'md-workers' };
  const hosts = [
    host('kept', byCluster('blue'), kept),
    host('of another cluster', byCluster('green'), kept),
    host('of a machine', ours, kept),
    host('free', undefined, kept),
    host('held by a person in its name', byCluster('blue')),
  ];
  const freed = keptHosts(hosts, { namespace: 'metal3', name: 'blue' });
  expect(freed.map(({ metadata }) => metadata.name)).toEqual(['kept']);
});
