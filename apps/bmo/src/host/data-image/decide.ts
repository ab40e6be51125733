import type { DataImage, DataImageStatus } from '@metal3/metal3-api';
import { attachedUrl, errorOf, retryAfter, withAttached, withError, withoutError } from '../../data-image/status.ts';
import type { Instant } from '../../kernel.ts';
import type { NodeSnapshot } from '../../provisioner/node.ts';
import type { Decision } from '../decision.ts';
import type { HostView } from '../view.ts';

/** What is known of the virtual drives of a machine that is to be powered on. */
export type MediaObservation =
  | { readonly kind: 'seen'; readonly inserted: boolean }
  /** Ironic is at work on the node, or has just been asked to change the drive. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'failed'; readonly message: string };

/** What was asked of a drive last. */
export interface MediaRequest {
  readonly node: string;
  /** Image to be in the drive; empty: the drive is to be empty. */
  readonly url: string;
  readonly at: Instant;
  /** Error of the node at that time: another one tells that the request has failed. */
  readonly lastError: string;
}

/** Nothing tells us when a drive has been changed. */
const busyRecheck = 3;
/** Ironic has begun with a request long before. */
const patience = 60;

/**
 * Brings the drive of a machine to what its DataImage says, while the machine is off on its way to being powered on: no operating system is
 * to lose a medium that it uses, nor to find one halfway through. undefined once nothing stands in the way of the power.
 */
export function decideMedia(view: HostView, node: NodeSnapshot): Decision | undefined {
  const { dataImage: image, media, host } = view;
  if (image === undefined) return undefined;
  if (host.spec.image?.format === 'live-iso') return refuse(image);
  if (media === undefined) return { kind: 'read-media' };
  if (media.kind === 'busy') return busy;
  if (media.kind === 'failed') return failed(image, media.message);

  const wanted = image.metadata.deletionTimestamp === undefined ? image.spec.url : '';
  const fits = media.inserted ? attachedUrl(image) === wanted && wanted !== '' : wanted === '';
  return fits ? settled(view, image, wanted) : change(view, node, image, media.inserted ? '' : wanted);
}

const busy: Decision = {
  kind: 'wait',
  reason: 'Ironic is changing the virtual media of the machine',
  recheckIn: busyRecheck,
};

/** The machine boots from the very drive that the image is to be put into. */
function refuse(image: DataImage): Decision | undefined {
  const message = 'a host that boots a live ISO has no drive left for a data image: remove one of them';
  if (errorOf(image).message === message || image.metadata.deletionTimestamp !== undefined) return undefined;
  return { kind: 'note', notes: { dataImage: withError(image.status, message) } };
}

/** The status is right before the machine is powered on. */
function settled({ mediaAsked }: HostView, image: DataImage, wanted: string): Decision | undefined {
  if (attachedUrl(image) === wanted && errorOf(image).count === 0 && mediaAsked === undefined) return undefined;
  const status = withoutError(withAttached(image.status, wanted));
  return { kind: 'note', notes: { dataImage: status, mediaAsked: 'nothing' } };
}

/** Asks for a change once, and says so when it does not come about. */
function change({ mediaAsked, now }: HostView, node: NodeSnapshot, image: DataImage, url: string): Decision {
  if (mediaAsked?.node === node.uuid && mediaAsked.url === url) {
    const refused = node.lastError !== '' && node.lastError !== mediaAsked.lastError;
    if (!refused && now < mediaAsked.at + patience) return busy;
    const outcome = url === '' ? 'still in the virtual drive' : 'still not in the virtual drive';
    return failed(image, node.lastError || `the image is ${outcome} after ${patience} seconds`, url);
  }
  const request = url === '' ? ({ do: 'detach-media' } as const) : ({ do: 'attach-media', url } as const);
  return {
    kind: 'ask',
    request,
    then: {
      mediaAsked: { node: node.uuid, url, at: now, lastError: node.lastError },
      ...(url === '' ? {} : { dataImage: withAttached(image.status, url) }),
    },
  };
}

function failed(image: DataImage, message: string, asked = ''): Decision {
  const before: DataImageStatus | undefined = asked === '' ? image.status : withAttached(image.status, '');
  return {
    kind: 'wait',
    reason: `the data image: ${message}`,
    recheckIn: retryAfter(image),
    notes: { dataImage: withError(before, message), mediaAsked: 'nothing' },
  };
}
