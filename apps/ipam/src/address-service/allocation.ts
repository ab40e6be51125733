import type { Call } from '@metal3/grpc';
import { accessGuard, isKubeError, type KubeClient, type NewObject } from '@metal3/kube-client';
import { type IPClaim, ipClaim, ipPool } from '@metal3/metal3-api';
import { requestAnnotation } from '../claim/claim.ts';
import { observeClaim } from '../claim/observe.ts';
import { addressServiceErrors as errors } from './errors.ts';
import { addressMessage } from './message.ts';
import type { AddressServiceParts, Methods } from './methods.ts';
import { requireFields } from './request.ts';
import { whenServed } from './serving.ts';

/** Annotations by which a claim tells who asked for it. */
const requestIdAnnotation = 'ipam.metal3.io/request-id';
const requestedByAnnotation = 'ipam.metal3.io/requested-by';

interface Order {
  readonly requestId: string;
  readonly namespace: string;
  readonly pool: string;
  readonly claim: string;
  readonly requestedAddress: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Claims made here are those that a person would make with kubectl; the controllers do the rest. */
export function allocationMethods({ client, books }: AddressServiceParts): Methods<'allocateAddress'> {
  const access = accessGuard(client, ipClaim, errors.forbidden);
  const { IPClaim: claims } = books.claims;
  const { IPClaim: addresses } = books.addresses;
  return {
    async allocateAddress(order, call) {
      const { namespace, pool, claim } = order;
      const { principal, signal, log } = call;
      requireFields({ namespace, pool, claim });
      await access.require(principal, 'create', { namespace, name: claim }, signal);
      // A claim may be made before its pool, and waits for it; who wants an address now has rather mistyped the name.
      const isThere =
        books.pools.find({ namespace, name: pool }) ??
        (await client.find(ipPool, { namespace, name: pool }, { signal }));
      if (isThere === undefined) throw errors.poolNotFound(`pool: there is no IPPool ${pool} in ${namespace}`);

      const made = await ensureClaim(client, order, call);
      // Nothing that is asked of an observation here depends on where a random search would begin.
      const observe = (one: Parameters<typeof observeClaim>[0]) => observeClaim(one, { ...books, lot: () => 0 });
      const name = await whenServed(made, { claims, observe }, signal);
      const address = addresses.find({ namespace, name }) ?? (await addresses.read({ namespace, name }, signal));
      if (address === undefined) throw errors.notFound(`the address ${name} of claim ${claim} has gone again`);
      log.info({ namespace, pool, claim, address: address.text, caller: principal.name }, 'allocated');
      return { address: addressMessage(address) };
    },
  };
}

/** The claim of an order: made now, or found as an earlier call of the same order made it. */
async function ensureClaim(client: KubeClient, order: Order, { principal, signal }: Call): Promise<IPClaim> {
  const { namespace, claim: name, pool, requestedAddress, requestId, labels } = order;
  const annotations = {
    ...(requestedAddress !== '' && { [requestAnnotation]: requestedAddress }),
    ...(requestId !== '' && { [requestIdAnnotation]: requestId }),
    ...(principal.kind !== 'local' && { [requestedByAnnotation]: principal.name }),
  };
  const claim: NewObject<IPClaim> = {
    metadata: { namespace, name, annotations, labels: { ...labels } },
    spec: { pool: { namespace, name: pool } },
  };
  try {
    return await client.create(ipClaim, claim, { signal });
  } catch (error) {
    if (isKubeError(error, 'Invalid') || isKubeError(error, 'BadRequest')) {
      throw errors.invalid(`claim, labels or requested_address: ${error.message}`, { cause: error });
    }
    if (isKubeError(error, 'NotFound')) {
      throw errors.notFound(`namespace: there is no namespace ${namespace}`, { cause: error });
    }
    if (!isKubeError(error, 'AlreadyExists')) throw error;
  }
  const found = await client.get(ipClaim, { namespace, name }, { signal });
  requireSame(found, order);
  return found;
}

/** Somebody else's claim of the same name is not to be taken for the caller's own. */
function requireSame({ metadata, spec }: IPClaim, { claim, pool, requestId, requestedAddress }: Order): void {
  const { annotations = {}, deletionTimestamp } = metadata;
  if (deletionTimestamp !== undefined) throw errors.beingReleased(`claim: ${claim} is being deleted`);
  if (spec.pool.name !== pool) {
    throw errors.otherPool(`pool: the claim ${claim} is one of pool ${spec.pool.name}, not of ${pool}`);
  }
  const madeBy = annotations[requestIdAnnotation];
  if (requestId !== '' && madeBy !== requestId) {
    const other = madeBy === undefined ? 'without a request id' : `by request ${madeBy}`;
    throw errors.otherRequest(`request_id: the claim ${claim} was made ${other}`);
  }
  const asked = annotations[requestAnnotation] ?? '';
  if (requestedAddress !== '' && asked !== requestedAddress) {
    const other = asked === '' ? 'for no address in particular' : `for ${asked}`;
    throw errors.otherRequest(`requested_address: the claim ${claim} asks ${other}`);
  }
}
