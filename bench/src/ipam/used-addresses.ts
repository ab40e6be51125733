import { randomUUID } from 'node:crypto';
import { namespace as namespaceKind } from '@metal3/kube-client';
import { type IPPool, ipAddress, ipClaim, ipPool } from '@metal3/metal3-api';
import type { IpamSite } from './site.ts';

/** A /16 in one range: 65,534 addresses from 10.0.0.1 on. */
export const poolName = 'bench';
const first = 0x0a000001;
const batch = 100;
const batchesInFlight = 4;

/** Makes a namespace with an empty pool in it. */
export async function startAfresh({ client }: IpamSite, namespace: string): Promise<void> {
  await client.create(namespaceKind, { metadata: { name: namespace } });
  await client.create(ipPool, {
    metadata: { namespace, name: poolName },
    spec: {
      namePrefix: poolName,
      pools: [{ start: '10.0.0.1', end: '10.0.255.254', prefix: 16, gateway: '10.0.0.1' }],
    },
  });
}

/**
 * Puts claims and their addresses into the store until `count` addresses are in use, the next ones that a claim would get, bound to
 * each other as the service leaves them. They are written to etcd itself: through the API server 50,000 of each would take minutes.
 * The service must not run.
 */
export async function useAddresses({ etcdUrl, client }: IpamSite, namespace: string, count: number): Promise<void> {
  const pool = await client.get(ipPool, { namespace, name: poolName });
  const { items } = await client.list(ipAddress, { namespace });
  const used = items.length;
  const batches = Array.from({ length: Math.ceil(Math.max(0, count - used) / batch) }, (_, at) => used + at * batch);
  await Promise.all(
    Array.from({ length: batchesInFlight }, async () => {
      for (let from = batches.shift(); from !== undefined; from = batches.shift()) {
        const begin = from;
        const indexes = Array.from({ length: Math.min(batch, count - begin) }, (_, at) => begin + at);
        // etcd takes at most 128 operations at once.
        for (const kind of [usedClaim, usedAddress])
          await put(
            etcdUrl,
            indexes.map((index) => kind(pool, index)),
          );
      }
    }),
  );
  // A list is answered once the API server's cache has caught up.
  for (const kind of [ipClaim, ipAddress]) await client.list(kind, { namespace, limit: 1 });
}

const plurals = { IPClaim: ipClaim.plural, IPAddress: ipAddress.plural } as const;
const uids = new Map<string, string>();
const created = '2026-01-01T00:00:00Z';

interface Stored {
  readonly kind: keyof typeof plurals;
  readonly metadata: { readonly name: string; readonly namespace: string | undefined };
}

function keyOf({ kind, metadata }: Stored): string {
  return `/registry/${ipClaim.group}/${plurals[kind]}/${metadata.namespace}/${metadata.name}`;
}

function usedClaim(pool: IPPool, index: number): Stored {
  const { namespace } = pool.metadata;
  return stored('IPClaim', pool, claimName(index), {
    metadata: { finalizers: ['ipclaim.ipam.metal3.io'] },
    spec: { pool: { name: poolName, namespace } },
    status: { address: { name: addressName(index), namespace } },
  });
}

function usedAddress(pool: IPPool, index: number): Stored {
  const { namespace, uid } = pool.metadata;
  const claim = claimName(index);
  const { apiVersion } = pool;
  return stored('IPAddress', pool, addressName(index), {
    metadata: {
      finalizers: ['ipaddress.ipam.metal3.io'],
      ownerReferences: [
        { apiVersion, kind: 'IPPool', name: poolName, uid },
        { apiVersion, kind: 'IPClaim', name: claim, uid: uidOf(`IPClaim/${claim}`) },
      ],
    },
    spec: {
      address: address(index),
      prefix: 16,
      gateway: '10.0.0.1',
      pool: { name: poolName, namespace },
      claim: { name: claim, namespace },
    },
  });
}

function stored(
  kind: Stored['kind'],
  { apiVersion, metadata: { namespace } }: IPPool,
  name: string,
  content: { readonly metadata: object; readonly spec: object; readonly status?: object },
): Stored {
  const uid = uidOf(`${kind}/${name}`);
  const metadata = { name, namespace, uid, generation: 1, creationTimestamp: created, ...content.metadata };
  return { apiVersion, kind, ...content, metadata } as Stored;
}

/** Claims and addresses name each other by it. */
function uidOf(what: string): string {
  const uid = uids.get(what) ?? randomUUID();
  uids.set(what, uid);
  return uid;
}

const claimName = (index: number): string => `used-${index}`;

function address(index: number): string {
  const value = first + index;
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}

function addressName(index: number): string {
  return `${poolName}-${address(index).replaceAll('.', '-')}`;
}

async function put(url: string, objects: readonly Stored[]): Promise<void> {
  const success = objects.map((object) => ({
    requestPut: { key: base64(keyOf(object)), value: base64(JSON.stringify(object)) },
  }));
  const reply = await fetch(`${url}/v3/kv/txn`, { method: 'POST', body: JSON.stringify({ success }) });
  if (!reply.ok) throw new Error(`etcd answered ${reply.status}: ${await reply.text()}`);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
