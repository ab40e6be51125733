import { isKubeError, type KubeObject, type Kubernetes } from '@metal3/kube-client';
import { ipAddress, ipClaim, ipPool, type IPPoolSpec } from '@metal3/metal3-api';
import { eventually } from '@metal3/testing';
import { clusterApiAddress, ipAddressClaim } from './kinds.ts';

/** What somebody who wants an address does and sees, alike for both kinds of claims. */
export interface Claimant {
  readonly kind: 'IPClaim' | 'IPAddressClaim';
  claim(name: string, pool: string, metadata?: ClaimMetadata): Promise<void>;
  /** The address, once the claim has one. */
  served(name: string): Promise<Given>;
  /** Resolves once the claim says that it has none and that this is why; it may have told other reasons before. */
  refused(name: string, why: string): Promise<void>;
  /** What the claim has now. */
  look(name: string): Promise<Seen>;
  /** Deletes the claim; resolves when it is gone, unless a finalizer of somebody else holds it. */
  release(name: string): Promise<void>;
  annotate(name: string, annotations: Readonly<Record<string, string | null>>): Promise<void>;
  /** Takes the finalizers of everybody but the service off the claim. */
  stopUsing(name: string): Promise<void>;
}

export interface ClaimMetadata {
  readonly annotations?: Record<string, string>;
  readonly labels?: Record<string, string>;
  readonly finalizers?: string[];
}

export interface Given {
  readonly object: KubeObject;
  readonly address: string;
  readonly prefix: number | undefined;
  readonly gateway: string | undefined;
  /** Addresses of Cluster API carry none. */
  readonly dnsServers: readonly string[] | undefined;
  /** Name of the pool and of the claim that the address tells. */
  readonly pool: string;
  readonly claim: string;
}

export interface Seen {
  readonly object: KubeObject | undefined;
  readonly given: Given | undefined;
  readonly refusal: string | undefined;
}

export function claimants(api: Kubernetes, namespace: string): readonly [metal3: Claimant, clusterApi: Claimant] {
  return [metal3Claimant(api, namespace), clusterApiClaimant(api, namespace)];
}

export function makePool(api: Kubernetes, namespace: string, name: string, spec: Partial<IPPoolSpec>) {
  return api.create(ipPool, { metadata: { namespace, name }, spec: { namePrefix: name, ...spec } });
}

function metal3Claimant(api: Kubernetes, namespace: string): Claimant {
  return claimant('IPClaim', api, namespace, ipClaim, {
    spec: (pool) => ({ pool: { name: pool, namespace } }),
    async read({ status }) {
      const name = status?.address?.name;
      const object = name === undefined ? undefined : await api.find(ipAddress, { namespace, name });
      const { spec } = object ?? {};
      return {
        given: object && spec && { ...given(object, spec), pool: spec.pool.name ?? '', claim: spec.claim.name ?? '' },
        refusal: status?.errorMessage,
      };
    },
  });
}

function clusterApiClaimant(api: Kubernetes, namespace: string): Claimant {
  return claimant('IPAddressClaim', api, namespace, ipAddressClaim, {
    spec: (name) => ({ poolRef: { apiGroup: 'ipam.metal3.io', kind: 'IPPool', name } }),
    async read({ status }) {
      const name = status?.addressRef?.name;
      const object = name === undefined ? undefined : await api.find(clusterApiAddress, { namespace, name });
      const { spec } = object ?? {};
      const ready = status?.conditions?.find(({ type }) => type === 'Ready');
      return {
        given: object && spec && { ...given(object, spec), pool: spec.poolRef.name, claim: spec.claimRef.name },
        refusal: ready?.status === 'False' ? `${ready.reason}: ${ready.message}` : undefined,
      };
    },
  });
}

type AddressSpec = Pick<Given, 'address'> & { prefix?: number; gateway?: string; dnsServers?: readonly string[] };

function given(object: KubeObject, { address, prefix, gateway, dnsServers }: AddressSpec) {
  return { object, address, prefix, gateway, dnsServers };
}

/** What differs between the two kinds. */
interface Dialect<T extends KubeObject> {
  spec(pool: string): object;
  read(claim: T): Promise<Pick<Seen, 'given' | 'refusal'>>;
}

function claimant<T extends KubeObject>(
  name: Claimant['kind'],
  api: Kubernetes,
  namespace: string,
  kind: Parameters<typeof api.get<T>>[0],
  { spec, read }: Dialect<T>,
): Claimant {
  const key = (claim: string) => ({ namespace, name: claim });
  const look = async (claim: string): Promise<Seen> => {
    const object = await api.find(kind, key(claim));
    return object === undefined
      ? { object, given: undefined, refusal: undefined }
      : { object, ...(await read(object)) };
  };
  const gone = (claim: string) => eventually(async () => (await api.find(kind, key(claim))) === undefined);
  return {
    kind: name,
    async claim(claim, pool, metadata = {}) {
      await api.create(kind, { metadata: { namespace, name: claim, ...metadata }, spec: spec(pool) } as never);
    },
    served: (claim) =>
      eventually(async () => {
        const { given: found, refusal } = await look(claim);
        if (found === undefined) throw new Error(`${name} ${claim} has no address: ${refusal ?? 'and says nothing'}`);
        return found;
      }),
    async refused(claim, why) {
      await eventually(async () => {
        const { refusal } = await look(claim);
        if (refusal?.includes(why) !== true) throw new Error(`${name} ${claim} says "${refusal}", not "${why}"`);
        return true;
      });
    },
    look,
    async release(claim) {
      const left = await api.delete(kind, key(claim)).catch((error: unknown) => {
        if (!isKubeError(error, 'NotFound')) throw error;
        return undefined;
      });
      if (left?.metadata.finalizers?.every(isOurs) ?? true) await gone(claim);
    },
    async annotate(claim, annotations) {
      await api.patch(kind, key(claim), { type: 'merge', body: { metadata: { annotations } } });
    },
    async stopUsing(claim) {
      const { finalizers = [], resourceVersion } = (await api.get(kind, key(claim))).metadata;
      const body = { metadata: { finalizers: finalizers.filter(isOurs), resourceVersion } };
      await api.patch(kind, key(claim), { type: 'merge', body });
    },
  };
}

function isOurs(finalizer: string): boolean {
  return finalizer.includes('ipam.metal3.io');
}
