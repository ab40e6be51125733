import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  connectKubernetes,
  customResourceDefinition,
  type Kind,
  type Kubernetes,
  type KubeObject,
  readKubeConfig,
} from '@metal3/kube-client';
import { testControlPlane } from '@metal3/local-servers';
import { systemClock } from '@metal3/service';
import { eventually, testService } from '@metal3/testing';
import { storageMigration } from './migration.ts';

const group = `g${randomUUID().slice(0, 8)}.example.com`;
const name = `things.${group}`;
const thing = (version: string): Kind<KubeObject & { spec: object }> => ({
  ...{ group, version, kind: 'Thing', plural: 'things', namespaced: true },
});
let api: Kubernetes;
let namespace: string;

beforeAll(async () => {
  const plane = await testControlPlane();
  ({ namespace } = plane);
  const config = readKubeConfig(plane.kubeconfigPath, { env: {}, now: Date.now });
  api = connectKubernetes(config, { userAgent: 'migration-test', now: Date.now });
});
afterAll(async () => {
  await api?.delete(customResourceDefinition, { name }).catch(() => undefined);
  await api?.close();
});

test('objects of an older version are stored in the new one, so that the old one may leave the CRD', async () => {
  await api.create(customResourceDefinition, {
    metadata: { name },
    spec: { group, names: { kind: 'Thing', plural: 'things' }, scope: 'Namespaced', versions: versions('v1beta1') },
  } as never);
  for (const each of ['one', 'two', 'three']) {
    await eventually(() =>
      api.create(thing('v1beta1'), { metadata: { namespace, name: each }, spec: { of: each } }).catch(() => undefined),
    );
  }
  await setVersions(versions('v1beta2'));
  // Noticed by the API server a moment later.
  await eventually(async () => {
    await api.create(thing('v1beta2'), { metadata: { namespace, generateName: 'new-' }, spec: {} } as never);
    return (await storedVersions())?.includes('v1beta2') === true ? true : undefined;
  });
  expect(await storedVersions()).toEqual(['v1beta1', 'v1beta2']);

  const { log } = testService('capm3');
  const migration = storageMigration({ client: api, kinds: [thing('v1beta2')], clock: systemClock, log });
  await migration.run(AbortSignal.timeout(120_000));

  expect(await storedVersions()).toEqual(['v1beta2']);
  await setVersions(versions('v1beta2').filter(({ storage }) => storage));
  const { spec } = await api.get(thing('v1beta2'), { namespace, name: 'two' });
  expect(spec).toEqual({ of: 'two' });
});

function versions(stored: 'v1beta1' | 'v1beta2') {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return ['v1beta1', 'v1beta2'].map((version) => ({
    name: version,
    served: true,
    storage: version === stored,
    schema,
  }));
}

async function setVersions(to: readonly object[]): Promise<void> {
  await api.patch(customResourceDefinition, { name }, { type: 'merge', body: { spec: { versions: to } } });
}

async function storedVersions(): Promise<readonly string[] | undefined> {
  return (await api.get(customResourceDefinition, { name })).status?.storedVersions;
}
