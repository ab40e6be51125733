import { expect, test } from '@jest/globals';
import type { KubeClient, KubeObject } from '@metal3/kube-client';
import { refuseForeignCluster } from './safety.ts';

const object = (namespace: string, name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'X',
  metadata: { namespace, name },
});

function cluster(objects: { readonly hosts?: KubeObject[]; readonly leases?: KubeObject[] }): KubeClient {
  const list = async ({ plural }: { plural: string }) => ({
    items: (plural === 'leases' ? objects.leases : objects.hosts) ?? [],
    resourceVersion: '1',
  });
  return { list } as unknown as KubeClient;
}

const unasked = { namespace: undefined, yes: false };

test('an empty cluster is used without further questions', async () => {
  await expect(refuseForeignCluster(cluster({}), unasked)).resolves.toBeUndefined();
});

test.each([
  ['BareMetalHosts', { hosts: [object('prod', 'rack-1')] }, '1 BareMetalHosts (first: prod/rack-1)'],
  ["another bmo's Lease", { leases: [object('prod', 'baremetal-operator')] }, 'the Lease prod/baremetal-operator'],
])('a cluster that holds %s is refused, naming what was found and the remedy', async (_, objects, found) => {
  await expect(refuseForeignCluster(cluster(objects), unasked)).rejects.toThrow(found);
  await expect(refuseForeignCluster(cluster(objects), { namespace: 'lab', yes: false })).rejects.toThrow(
    '--namespace NAME --yes',
  );
  await expect(refuseForeignCluster(cluster(objects), { namespace: 'lab', yes: true })).resolves.toBeUndefined();
});

test('Leases of other programs are no reason to refuse', async () => {
  const leases = [object('kube-system', 'kube-scheduler')];
  await expect(refuseForeignCluster(cluster({ leases }), unasked)).resolves.toBeUndefined();
});
