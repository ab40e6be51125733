import { accessGuard } from '@metal3/kube-client';
import { ipClaim } from '@metal3/metal3-api';
import { explainClaim } from '../claim/explain.ts';
import { ipAddressClaim } from '../cluster-api/kinds.ts';
import { addressOf } from './addresses.ts';
import { addressServiceErrors as errors } from './errors.ts';
import { addressMessage } from './message.ts';
import type { AddressServiceParts, Methods } from './methods.ts';
import { remedyFor } from './remedy.ts';
import { readClaimKind, requireFields } from './request.ts';

/** Why a claim has its address, or waits. */
export function explanationMethods({ client, books }: AddressServiceParts): Methods<'explainClaim'> {
  const access = {
    IPClaim: accessGuard(client, ipClaim, errors.forbidden),
    IPAddressClaim: accessGuard(client, ipAddressClaim, errors.forbidden),
  } as const;
  return {
    async explainClaim({ namespace, claim: name, claimKind }, { principal, signal }) {
      requireFields({ namespace, claim: name });
      const kind = readClaimKind(claimKind);
      await access[kind].require(principal, 'get', { namespace, name }, signal);
      const claim = books.claims[kind].find({ namespace, name });
      if (claim === undefined) throw errors.notFound(`claim: there is no ${kind} ${name} in ${namespace}`);

      // Explaining changes nothing, so that it does not matter where a random search would begin.
      const { refused, searched, ...explanation } = explainClaim(claim, { ...books, lot: () => 0 });
      const address = addressOf(claim, books.addresses);
      return {
        ...explanation,
        remedy: remedyFor(explanation),
        ...(address && { address: addressMessage(address) }),
        refused: refused.map(({ address: text, why, claim: holder = '' }) => ({ address: text, why, claim: holder })),
        searched: searched.map(({ range, inUse, kept }) => ({ range, used: BigInt(inUse), reserved: BigInt(kept) })),
      };
    },
  };
}
