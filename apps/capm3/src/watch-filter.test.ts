import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { metal3Cluster, metal3DataClaim, metal3DataTemplate } from '@metal3/metal3-api';
import { cluster } from './cluster-api/kinds.ts';
import { type Capm3InMemory, capm3InMemory } from './testing/capm3-in-memory.ts';

const namespace = 'metal3';
const blue = { 'cluster.x-k8s.io/watch-filter': 'blue' };
const template = 'shared';

let capm3: Capm3InMemory;
beforeEach(() => {
  capm3 = capm3InMemory();
});
afterEach(() => capm3.stop());

async function makeCluster(name: string, labels: Record<string, string> = {}, inNamespace = namespace): Promise<void> {
  const metadata = { namespace: inNamespace, name };
  const owner = await capm3.api.create(cluster, {
    metadata,
    spec: { infrastructureRef: { kind: 'Metal3Cluster', name } },
  });
  const { apiVersion, kind } = owner;
  await capm3.api.create(metal3Cluster, {
    metadata: { ...metadata, labels, ownerReferences: [{ apiVersion, kind, name, uid: owner.metadata.uid ?? '' }] },
    spec: { controlPlaneEndpoint: { host: '192.0.2.1', port: 6443 } },
  });
}

/** Those that have become ready when nothing is left to be done. */
async function ready(): Promise<readonly (string | undefined)[]> {
  await capm3.clock.advance(1_000);
  const { items } = await capm3.api.list(metal3Cluster);
  return items
    .filter(({ status }) => status?.initialization?.provisioned === true)
    .map(({ metadata }) => metadata.name);
}

test('with a watch filter those alone are served that have its label, from the moment they have it', async () => {
  await makeCluster('mine', blue);
  await makeCluster('others', { 'cluster.x-k8s.io/watch-filter': 'green' });
  await makeCluster('nobodys');
  capm3.start({ flags: ['--watch-filter=blue'] });
  expect(await ready()).toEqual(['mine']);
  const body = { metadata: { labels: blue } };
  await capm3.api.patch(metal3Cluster, { namespace, name: 'nobodys' }, { type: 'merge', body });
  expect(await ready()).toEqual(['mine', 'nobodys']);
});

test('a template that is asked by a served claim is served, too, as such templates are shared', async () => {
  await capm3.api.create(metal3DataTemplate, { metadata: { namespace, name: template }, spec: {} });
  capm3.start({ flags: ['--watch-filter=blue'] });
  await capm3.clock.advance(1_000);
  const finalizers = async () =>
    (await capm3.api.get(metal3DataTemplate, { namespace, name: template })).metadata.finalizers;
  expect(await finalizers()).toBeUndefined();
  const metadata = { namespace, name: 'machine', labels: blue };
  await capm3.api.create(metal3DataClaim, { metadata, spec: { template: { name: template, namespace } } });
  await capm3.clock.advance(1_000);
  expect(await finalizers()).toEqual(['metal3datatemplate.infrastructure.cluster.x-k8s.io']);
});

test('with namespaces no other is looked at', async () => {
  await makeCluster('here');
  await makeCluster('elsewhere', {}, 'elsewhere');
  capm3.start({ namespaces: [namespace] });
  expect(await ready()).toEqual(['here']);
});

test('every object is looked at once more after the sync period', async () => {
  await makeCluster('mine');
  capm3.start({ flags: ['--sync-period=1h'] });
  expect(await ready()).toEqual(['mine']);
  await capm3.clock.advance(3_500_000);
  const before = capm3.passes.length;
  await capm3.clock.advance(200_000);
  expect(capm3.passes.slice(before)).toEqual(['metal3cluster']);
});
