import type { ObjectKey } from '@metal3/kube-client';
import type { BareMetalHost, HostClaim } from '@metal3/metal3-api';
import { annotations } from '../host/annotations.ts';
import type { Seconds } from '../kernel.ts';
import { chooseHost } from './association/decide.ts';
import { decideClaim, type ClaimView } from './decide.ts';
import type { ClaimBook, DataCopies, HostPool } from './ports.ts';
import { statusOf } from './status.ts';
import { dataKinds } from './synchronization/data.ts';
import { unwantedData } from './synchronization/host-spec.ts';

export interface ClaimTools {
  readonly claims: ClaimBook;
  readonly hosts: HostPool;
  readonly data: DataCopies;
  readonly clock: { now(): number };
}

/** One pass over one HostClaim. @returns seconds until the next pass; undefined: when something changes */
export function claimReconciler(tools: ClaimTools): (key: ObjectKey) => Promise<Seconds | undefined> {
  const { claims, hosts, data, clock } = tools;

  const giveBack = async (claim: HostClaim, host: BareMetalHost | undefined): Promise<void> => {
    const { namespace, name = '' } = host?.metadata ?? {};
    if (host !== undefined) {
      await data.remove({ namespace, name }, dataKinds);
      await hosts.letGo(host);
    }
    await claims.release(claim);
  };

  return async (key) => {
    let claim = claims.find(key);
    let seen: Pick<ClaimView, 'choice' | 'data' | 'given'> = { choice: undefined, data: undefined, given: false };
    while (claim !== undefined) {
      const host = hosts.findHostOf(claim);
      const hasHardware = host !== undefined && hosts.hasHardware(host);
      const decision = decideClaim({ ...seen, claim, host, hasHardware, hasFinalizer: claims.hasFinalizer(claim) });
      switch (decision.kind) {
        case 'hold':
          claim = await claims.hold(claim);
          break;
        case 'choose': {
          const offer = hosts.offerTo(claim);
          if (offer === undefined) return undefined;
          seen = { ...seen, choice: chooseHost(offer) };
          break;
        }
        case 'reserve':
          claim = await claims.saveReservation(claim, statusOf(claim, decision.report, clock.now() / 1000));
          break;
        case 'take':
          claims.tellTaken(claim, await hosts.take(decision.host, claim));
          break;
        case 'copy-data':
          seen = { ...seen, data: await data.copy(claim, decision.host) };
          break;
        case 'change-host':
          await hosts.change(decision.host, decision.patch);
          seen = { ...seen, given: true };
          break;
        case 'hand-over-reboot':
          await hosts.change(decision.host, { metadata: { annotations: { [annotations.reboot]: decision.value } } });
          claim = await claims.dropReboot(claim);
          break;
        case 'let-go':
          await giveBack(claim, decision.host);
          return undefined;
        case 'report':
          if (decision.tidy !== undefined) {
            const { namespace, name = '' } = decision.tidy.metadata;
            await data.remove({ namespace, name }, unwantedData(claim));
          }
          await claims.saveStatus(claim, statusOf(claim, decision.report, clock.now() / 1000));
          return decision.recheckIn;
        case 'rest':
          return undefined;
      }
    }
    return undefined;
  };
}
