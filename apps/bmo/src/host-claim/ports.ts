import type { ObjectKey } from '@metal3/kube-client';
import type { BareMetalHost, HostClaim, HostClaimStatus } from '@metal3/metal3-api';
import type { Offer } from './association/decide.ts';
import type { DataKind, DataOutcome } from './synchronization/data.ts';
import type { HostPatch } from './synchronization/host-spec.ts';

/** Where claims are kept. */
export interface ClaimBook {
  find(key: ObjectKey): HostClaim | undefined;
  hasFinalizer(claim: HostClaim): boolean;
  hold(claim: HostClaim): Promise<HostClaim>;
  release(claim: HostClaim): Promise<void>;
  saveStatus(claim: HostClaim, status: HostClaimStatus): Promise<void>;
  /** Saves the status unless anybody else has changed the claim. @throws KubeError Conflict */
  saveReservation(claim: HostClaim, status: HostClaimStatus): Promise<HostClaim>;
  /** Takes a request for one reboot off, which has been handed over. */
  dropReboot(claim: HostClaim): Promise<HostClaim>;
  tellTaken(claim: HostClaim, host: BareMetalHost): void;
}

/** The hosts that claims are about. */
export interface HostPool {
  /** The one that names the claim as its consumer. */
  findHostOf(claim: HostClaim): BareMetalHost | undefined;
  hasHardware(host: BareMetalHost): boolean;
  /** undefined until it is known what hosts and policies there are. */
  offerTo(claim: HostClaim): Offer | undefined;
  /** Makes a host the claim's, unless anything about it has changed since it was read. @throws KubeError Conflict */
  take(host: BareMetalHost, claim: HostClaim): Promise<BareMetalHost>;
  /** Changes a host, unless anything about it has changed since it was read. @throws KubeError Conflict */
  change(host: BareMetalHost, patch: HostPatch): Promise<BareMetalHost>;
  /** Takes the consumer off; a host that is gone is no error. @throws KubeError Conflict */
  letGo(host: BareMetalHost): Promise<void>;
}

/** Copies of a claim's Secrets where its host is. */
export interface DataCopies {
  /** Makes them, or makes them alike. */
  copy(claim: HostClaim, host: BareMetalHost): Promise<DataOutcome>;
  /** Takes those of these kinds away that were made for claims; other Secrets stay. */
  remove(host: ObjectKey, kinds: readonly DataKind[]): Promise<void>;
}
