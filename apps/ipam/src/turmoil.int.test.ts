import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectKubernetes, type Kubernetes, readKubeConfig } from '@metal3/kube-client';
import { clusterApiCrds, testControlPlane } from '@metal3/local-servers';
import { systemClock } from '@metal3/service';
import { seededRandom } from '@metal3/testing';
import { installCrds } from './testing/install-crds.ts';
import { turmoil } from './testing/turmoil.ts';

// METAL3_TURMOIL=10000 for a long one; it takes about a minute for each 2,000.
const operations = Number(process.env['METAL3_TURMOIL'] ?? 200);

let api: Kubernetes;
let namespace: string;
beforeAll(async () => {
  const plane = await testControlPlane();
  const now = () => Date.now();
  api = connectKubernetes(readKubeConfig(plane.kubeconfigPath, { env: {}, now }), { userAgent: 'ipam-test', now });
  namespace = plane.namespace;
  await installCrds(api, await clusterApiCrds());
});
afterAll(() => api?.close());

test(`the real API server gives no address twice in ${operations} operations with kills between any two writes`, async () => {
  const findings = await turmoil({
    api,
    namespace,
    clock: systemClock,
    random: seededRandom(3),
    operations,
    killsAtLeast: 6,
    paceMs: 8,
    oneWriteInFails: 25,
  });
  const { kills, tellings, doubles, changed, leftBehind } = findings;
  if (operations > 200) process.stdout.write(`${JSON.stringify(findings)}\n`);
  expect({ doubles, changed, leftBehind }).toEqual({ doubles: [], changed: [], leftBehind: [] });
  expect(kills).toBeGreaterThan(5);
  expect(tellings).toBeGreaterThan(operations / 10);
}, 3_600_000);
