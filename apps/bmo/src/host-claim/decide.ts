import type { BareMetalHost, HostClaim } from '@metal3/metal3-api';
import { isPaused } from '../host/annotations.ts';
import type { Seconds } from '../kernel.ts';
import { isReserved, type HostChoice } from './association/decide.ts';
import { decideHostRelease } from './release/decide.ts';
import { hasBeenAssociated, isSynchronized, nameOf, type ClaimReport, type Finding } from './status.ts';
import type { DataOutcome } from './synchronization/data.ts';
import { changesHost, rebootOf, wantedOf, type HostPatch } from './synchronization/host-spec.ts';

export interface ClaimView {
  readonly claim: HostClaim;
  readonly hasFinalizer: boolean;
  /** The host that names the claim as its consumer, whatever the claim's status says. */
  readonly host: BareMetalHost | undefined;
  readonly hasHardware: boolean;
  /** undefined: not made in this pass. */
  readonly choice: HostChoice | undefined;
  /** undefined: its Secrets have not been copied in this pass. */
  readonly data: DataOutcome | undefined;
  /** The host has been given what it lacked in this pass. */
  readonly given: boolean;
}

export type ClaimDecision =
  /** Hold the claim until its host is given back. *again* */
  | { readonly kind: 'hold' }
  /** Choose among the hosts that are offered. *again* */
  | { readonly kind: 'choose' }
  /** Put the claim down for a host, so that whoever goes on with it takes that one and no other. *again* */
  | { readonly kind: 'reserve'; readonly report: ClaimReport }
  /** Make the host the claim's. *again* */
  | { readonly kind: 'take'; readonly host: BareMetalHost }
  /** Put copies of its Secrets where the host is. *again* */
  | { readonly kind: 'copy-data'; readonly host: BareMetalHost }
  | { readonly kind: 'change-host'; readonly host: BareMetalHost; readonly patch: HostPatch }
  /** Ask the host for what the claim was asked, and take the request off the claim. *again* */
  | { readonly kind: 'hand-over-reboot'; readonly host: BareMetalHost; readonly value: string }
  /** Take copies away, the consumer off the host and the finalizer off the claim. */
  | { readonly kind: 'let-go'; readonly host: BareMetalHost | undefined }
  | {
      readonly kind: 'report';
      readonly report: ClaimReport;
      /** Copies of Secrets that the claim no longer names may go. */
      readonly tidy?: BareMetalHost;
      readonly recheckIn?: Seconds;
    }
  | { readonly kind: 'rest' };

/** A Secret that is missing is not reported by a watch. */
const dataRecheck: Seconds = 30;

const associated: Finding = { status: 'True', reason: 'BareMetalHostAssociated' };

/** What is to be done about a claim. */
export function decideClaim(view: ClaimView): ClaimDecision {
  const { claim, hasFinalizer, host } = view;
  if (claim.metadata.deletionTimestamp !== undefined) return hasFinalizer ? decideRelease(view) : { kind: 'rest' };
  if (!hasFinalizer) return { kind: 'hold' };
  return host === undefined ? decideAssociation(view) : decideSynchronization(view, host);
}

function decideAssociation({ claim, choice }: ClaimView): ClaimDecision {
  const lost = claim.status?.bareMetalHost;
  if (lost !== undefined && hasBeenAssociated(claim)) {
    const message =
      `BareMetalHost ${lost.namespace}/${lost.name} is gone, or no longer names this claim as its consumer: ` +
      'delete the claim and make another';
    const finding: Finding = { status: 'False', reason: 'MissingBareMetalHost', message };
    return { kind: 'report', report: { associated: finding, named: lost } };
  }
  if (choice === undefined) return { kind: 'choose' };
  if (choice.kind === 'none') {
    const finding: Finding = { status: 'False', reason: 'NoBareMetalHost', message: choice.reason };
    return { kind: 'report', report: { associated: finding } };
  }
  const { host } = choice;
  if (isReserved(host, claim)) return { kind: 'take', host };
  const named = nameOf(host);
  const message = `BareMetalHost ${named.namespace}/${named.name} is being claimed`;
  const finding: Finding = { status: 'False', reason: 'BareMetalHostNotSynchronized', message };
  return { kind: 'reserve', report: { associated: finding, named } };
}

function decideSynchronization(view: ClaimView, host: BareMetalHost): ClaimDecision {
  const { claim, data, given, hasHardware } = view;
  const report = (synchronized: Finding): ClaimReport => ({ associated, synchronized, host, hasHardware });
  const obstacle = obstacleOf(host);
  if (obstacle !== undefined) return { kind: 'report', report: report(obstacle) };
  const patch = wantedOf(claim, host);
  const differs = !given && changesHost(host, patch);
  if (data === undefined && (differs || !isSynchronized(claim))) return { kind: 'copy-data', host };
  if (data?.kind === 'failed') {
    const { reason, message } = data;
    return { kind: 'report', report: report({ status: 'False', reason, message }), recheckIn: dataRecheck };
  }
  if (differs) return { kind: 'change-host', host, patch };
  const reboot = rebootOf(claim);
  if (reboot !== undefined) return { kind: 'hand-over-reboot', host, value: reboot };
  const tidy = data === undefined ? {} : { tidy: host };
  return { kind: 'report', report: report({ status: 'True', reason: 'ConfigurationSynced' }), ...tidy };
}

/** Why a host is not to be written. */
function obstacleOf({ metadata: { namespace = '', name = '', ...metadata } }: BareMetalHost): Finding | undefined {
  const what = `BareMetalHost ${namespace}/${name}`;
  if (metadata.deletionTimestamp !== undefined) {
    return { status: 'False', reason: 'BareMetalHostNotSynchronized', message: `${what} is being deleted` };
  }
  if (isPaused(metadata.annotations)) return { status: 'False', reason: 'HostPaused', message: `${what} is paused` };
  return undefined;
}

function decideRelease({ host, given }: ClaimView): ClaimDecision {
  if (host === undefined) return { kind: 'let-go', host };
  const release = decideHostRelease(host);
  switch (release.kind) {
    case 'clear':
      return given
        ? waiting('the host is being given back', host)
        : { kind: 'change-host', host, patch: release.patch };
    case 'wait':
      return waiting(release.message, host);
    case 'let-go':
      return { kind: 'let-go', host };
  }
}

function waiting(message: string, host: BareMetalHost): ClaimDecision {
  return { kind: 'report', report: { associated: { status: 'False', reason: 'HostClaimDeleting', message }, host } };
}
