import { accessGuard, isKubeError, type KubeClient } from '@metal3/kube-client';
import { ipAddress, type IPClaim, ipClaim } from '@metal3/metal3-api';
import { ipClaimFinalizer } from '../claim/adapters/metal3.ts';
import { addressServiceErrors as errors } from './errors.ts';
import type { AddressServiceParts, Methods } from './methods.ts';
import { requireFields } from './request.ts';

/** A release is the deletion of the claim; who uses the address holds it by a finalizer. */
export function releaseMethods({ client }: Pick<AddressServiceParts, 'client'>): Methods<'releaseAddress'> {
  const access = accessGuard(client, ipClaim, errors.forbidden);
  return {
    async releaseAddress({ requestId, namespace, claim: name, expectedResourceVersion }, { principal, signal, log }) {
      requireFields({ namespace, claim: name });
      await access.require(principal, 'delete', { namespace, name }, signal);
      const claim = await client.find(ipClaim, { namespace, name }, { signal });
      if (claim === undefined) return { heldBy: [] };
      if (expectedResourceVersion !== '') await requireUnchanged(client, claim, expectedResourceVersion, signal);
      const left = await deleteClaim(client, claim, signal);
      const heldBy = (left?.metadata.finalizers ?? []).filter((finalizer) => finalizer !== ipClaimFinalizer);
      log.info({ namespace, claim: name, heldBy, request: requestId, caller: principal.name }, 'released');
      return { heldBy };
    },
  };
}

async function deleteClaim(
  client: KubeClient,
  { metadata }: IPClaim,
  signal: AbortSignal,
): Promise<IPClaim | undefined> {
  const { namespace, name = '', uid } = metadata;
  try {
    return await client.delete(ipClaim, { namespace, name }, { preconditions: { uid }, signal });
  } catch (error) {
    if (isKubeError(error, 'NotFound')) return undefined;
    if (!isKubeError(error, 'Conflict')) throw error;
    throw errors.changed(`claim: ${name} was made anew meanwhile`, { cause: error });
  }
}

/** The address of a claim stays the same, so that between this look and the deletion only the claim itself has to be the same. */
async function requireUnchanged(
  client: KubeClient,
  { metadata, status }: IPClaim,
  expected: string,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, name: claim } = metadata;
  const name = status?.address?.name;
  const address = name === undefined ? undefined : await client.find(ipAddress, { namespace, name }, { signal });
  const found = address?.metadata.resourceVersion;
  if (found === expected) return;
  const instead = found === undefined ? 'has no address' : `has one at resource version ${found}`;
  throw errors.changed(`expected_resource_version: the claim ${claim} ${instead}, not at ${expected}`);
}
