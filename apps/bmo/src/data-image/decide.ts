import type { BareMetalHost, DataImage, DataImageStatus } from '@metal3/metal3-api';
import { annotations, isPaused } from '../host/annotations.ts';
import type { MediaObservation } from '../host/data-image/decide.ts';
import { knowsNode, stateOf } from '../host/states.ts';
import type { Seconds } from '../kernel.ts';
import { attachedUrl, errorOf, retryAfter, wholeStatus, withError, withoutError } from './status.ts';

export interface DataImageView {
  readonly image: DataImage;
  /** The host of its name. */
  readonly host: BareMetalHost | undefined;
  readonly hasFinalizer: boolean;
  readonly isOwned: boolean;
  readonly hasNode: boolean;
  /** undefined: not read in this pass. */
  readonly media: MediaObservation | undefined;
}

/** What is to be done about a DataImage itself; its image is attached and detached with the host's power (`host/data-image`). */
export type DataImageDecision =
  /** Make it belong to its host, and hold it. *again* */
  | { readonly kind: 'adopt' }
  /** See what is in the drive. *again* */
  | { readonly kind: 'read-media' }
  | { readonly kind: 'release' }
  | { readonly kind: 'save'; readonly status: DataImageStatus; readonly recheckIn?: Seconds }
  /** It is in use until its host is rebooted; whoever deletes it is told. */
  | { readonly kind: 'hold'; readonly message: string }
  | { readonly kind: 'rest'; readonly recheckIn?: Seconds };

/** Ironic is at work on the node for moments only. */
const busyRecheck: Seconds = 10;
/** A node that is being enrolled anew comes back with a change of the host. */
const noNodeRecheck: Seconds = 30;

export function decideDataImage(view: DataImageView): DataImageDecision {
  const { image, host, hasFinalizer, isOwned } = view;
  const deleting = image.metadata.deletionTimestamp !== undefined;
  if (host === undefined) return hasFinalizer ? { kind: 'release' } : { kind: 'rest' };
  if (isPaused(host.metadata.annotations)) return { kind: 'rest' };
  if (!deleting && !(hasFinalizer && isOwned)) return { kind: 'adopt' };
  if (deleting && !hasFinalizer) return { kind: 'rest' };
  if (host.metadata.annotations?.[annotations.detached] !== undefined) {
    return deleting ? { kind: 'release' } : { kind: 'rest' };
  }
  return deleting ? decideRelease(view, host) : decideReport(view, host);
}

/** It may go once its image is in no drive any more. */
function decideRelease({ image, hasNode, media }: DataImageView, host: BareMetalHost): DataImageDecision {
  if (!hasNode) {
    const state = stateOf(host.status);
    return state !== undefined && knowsNode(state) ? { kind: 'rest', recheckIn: noNodeRecheck } : { kind: 'release' };
  }
  if (media === undefined) return { kind: 'read-media' };
  if (media.kind === 'busy') return { kind: 'rest', recheckIn: busyRecheck };
  if (media.kind === 'failed') return failure(image, media.message);
  // What a live ISO host has in its drive is none of ours.
  const ours = attachedUrl(image) !== '' || !bootsLiveIso(host);
  if (!media.inserted || !ours) return { kind: 'release' };
  return {
    kind: 'hold',
    message: `the image stays in the virtual drive until host ${host.metadata.name ?? ''} is rebooted or powered off and on`,
  };
}

/** That the drive cannot be reached is told at once, not when the host is rebooted. */
function decideReport({ image, hasNode, media }: DataImageView, host: BareMetalHost): DataImageDecision {
  const worthALook =
    image.status === undefined ||
    // While the machine is off its host has its own say.
    (errorOf(image).count > 0 && host.status?.poweredOn === true && !bootsLiveIso(host));
  if (!worthALook) return { kind: 'rest' };
  if (!hasNode || stateOf(host.status) !== 'provisioned') {
    return image.status === undefined ? { kind: 'save', status: wholeStatus(undefined) } : { kind: 'rest' };
  }
  if (media === undefined) return { kind: 'read-media' };
  if (media.kind === 'busy') return { kind: 'rest', recheckIn: busyRecheck };
  if (media.kind === 'failed') return failure(image, media.message);
  return { kind: 'save', status: withoutError(image.status) };
}

function failure(image: DataImage, message: string): DataImageDecision {
  return { kind: 'save', status: withError(image.status, message), recheckIn: retryAfter(image) };
}

function bootsLiveIso({ spec }: BareMetalHost): boolean {
  return spec.image?.format === 'live-iso';
}
