import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Kind, KubeObject } from '@metal3/kube-client';
import { ipAddress, ipClaim, ipPool } from '@metal3/metal3-api';
import { eventually } from '@metal3/testing';
import { parseAllDocuments } from 'yaml';
import { claimants, type Claimant } from './claimants.ts';
import { clusterApiAddress, ipAddressClaim } from './kinds.ts';
import { startIpamSite, type IpamSite } from './site.ts';

let site: IpamSite;
let metal3: Claimant;
let clusterApi: Claimant;
/** Every address object as it was before the service started. */
let before: ReadonlyMap<string, KubeObject>;
const key = (name: string) => ({ namespace: site.namespace, name });

beforeAll(async () => {
  site = await startIpamSite();
  [metal3, clusterApi] = claimants(site.api, site.namespace);
  await leaveAsUpstream(site);
  await site.api.delete(ipClaim, key('going'));
  before = await addressObjects();
  await site.start();
}, 600_000);
afterAll(() => site?.stop());

test('claims that upstream served keep their addresses, and the addresses their names, owners, labels and settings', async () => {
  for (const name of ['worker-0', 'worker-1', 'vip']) await metal3.served(name);
  await clusterApi.served('capi-0');
  // Whatever there is to do at the start has been done once a new claim is served.
  await metal3.claim('after-the-start', 'provisioning');
  await metal3.served('after-the-start');
  const now = await addressObjects();
  for (const name of ['20', '21', '29', '23', '24', '25'].map((end) => `provisioning-192-168-10-${end}`)) {
    const [was, is] = [before.get(name), now.get(name)];
    expect(is && essentials(is)).toEqual(was && essentials(was));
  }
  expect((await metal3.look('worker-0')).given?.address).toBe('192.168.10.20');
  expect((await clusterApi.look('capi-0')).given?.address).toBe('192.168.10.24');
});

test('a claim that upstream had not told of its address yet is told', async () => {
  expect((await metal3.served('half-told')).address).toBe('192.168.10.23');
});

test('a claim that upstream refused for good is served after all', async () => {
  const { address } = await metal3.served('given-up');
  expect(address).toMatch(/^192\.168\.1[01]\./);
  expect((await metal3.look('given-up')).refusal).toBeUndefined();
});

test("a claim of Cluster API gets the Ready condition that upstream's API server refused", async () => {
  await eventually(async () => {
    const { status } = await site.api.get(ipAddressClaim, key('capi-0'));
    return status?.conditions?.some(
      ({ type, status: is, reason }) => type === 'Ready' && is === 'True' && reason !== '',
    )
      ? true
      : undefined;
  });
});

test('addresses that claims left behind go back to the pool', async () => {
  await eventually(async () => {
    for (const [end, claim] of [
      ['26', 'forgotten'],
      ['27', 'forgotten-longer'],
    ] as const) {
      const { spec } = (await site.api.find(ipAddress, key(`provisioning-192-168-10-${end}`))) ?? {};
      expect(spec?.claim.name).not.toBe(claim);
    }
    return true;
  });
});

test('an address made by hand stays out of use', async () => {
  const { metadata, spec } = await site.api.get(ipAddress, key('provisioning-192-168-10-28'));
  expect({ uid: metadata.uid, claim: spec.claim.name }).toEqual({
    uid: before.get('provisioning-192-168-10-28')?.metadata.uid,
    claim: 'printer',
  });
});

test('an address kept for a name that has no claim yet stays kept', async () => {
  await metal3.claim('kept-for-later', 'provisioning');
  expect((await metal3.served('kept-for-later')).address).toBe('192.168.10.22');
});

test('a claim that was being deleted gives its address back when its machine lets go', async () => {
  expect((await metal3.look('going')).given?.address).toBe('192.168.10.25');
  await metal3.stopUsing('going');
  await eventually(async () => (await metal3.look('going')).object === undefined);
  expect(await site.api.find(ipAddress, key('provisioning-192-168-10-25'))).toBeUndefined();
});

test('the status of the pool tells every address in use by its claim', async () => {
  await eventually(async () => {
    const { status } = await site.api.get(ipPool, key('provisioning'));
    expect(status?.indexes).toMatchObject({
      'worker-0': '192.168.10.20',
      'worker-1': '192.168.10.21',
      vip: '192.168.10.29',
      'half-told': '192.168.10.23',
      'capi-0': '192.168.10.24',
      'kept-for-later': '192.168.10.22',
    });
    expect(status?.indexes).not.toHaveProperty('forgotten');
    expect(status?.indexes).not.toHaveProperty('going');
    return true;
  });
});

test('what upstream made is released as what the service makes itself', async () => {
  await metal3.release('worker-1');
  await clusterApi.release('capi-0');
  expect(await site.api.find(ipAddress, key('provisioning-192-168-10-21'))).toBeUndefined();
  expect(await site.api.find(clusterApiAddress, key('provisioning-192-168-10-24'))).toBeUndefined();
});

test('taking over leaves no warning in the log', () => {
  expect(site.logs().filter(({ level }) => ['warn', 'error', 'fatal', 40, 50, 60].includes(level))).toEqual([]);
});

function essentials({ metadata, ...rest }: KubeObject): object {
  const { name, uid, labels, ownerReferences, finalizers, generation } = metadata;
  return { ...rest, metadata: { name, uid, labels, ownerReferences, finalizers, generation } };
}

async function addressObjects(): Promise<ReadonlyMap<string, KubeObject>> {
  const { api, namespace } = site;
  const lists = [await api.list(ipAddress, { namespace }), await api.list(clusterApiAddress, { namespace })];
  return new Map(lists.flatMap(({ items }) => items.map((item) => [item.metadata.name ?? '', item])));
}

const kinds: readonly Kind<KubeObject>[] = [ipPool, ipClaim, ipAddress, ipAddressClaim, clusterApiAddress];

/** Makes the objects one after the other; each may name the UIDs of those before it. */
async function leaveAsUpstream({ api, namespace }: IpamSite): Promise<void> {
  const text = readFileSync(join(import.meta.dirname, 'upstream/objects.yaml'), 'utf8');
  const uids = new Map<string, string>();
  for (const document of parseAllDocuments(text.replaceAll('${NAMESPACE}', namespace))) {
    const object = document.toJS() as KubeObject & { readonly status?: object };
    const kind = kinds.find((one) => one.kind === object.kind && object.apiVersion.startsWith(`${one.group}/`));
    if (kind === undefined) throw new Error(`no kind for ${object.apiVersion} ${object.kind}`);
    const { name = '', ownerReferences = [] } = object.metadata;
    const owners = ownerReferences.map((owner) => ({ ...owner, uid: uids.get(owner.uid) ?? owner.uid }));
    const metadata = { ...object.metadata, namespace, ...(owners.length > 0 && { ownerReferences: owners }) };
    const { metadata: made } = await api.create(kind, { ...object, metadata });
    uids.set(`${object.kind}/${name}`, made.uid ?? '');
    const { status } = object;
    if (status !== undefined) await api.patchStatus(kind, { namespace, name }, { type: 'merge', body: { status } });
  }
}
