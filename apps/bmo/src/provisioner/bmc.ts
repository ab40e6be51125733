import type { Json, JsonObject } from '../kernel.ts';
import type { NodeSnapshot } from './node.ts';

/**
 * What Ironic passes on to the BMC of a node while we wait: virtual media and event subscriptions.
 *
 * @throws ProvisionerError from every method; refused where the machine's hardware type has no such thing
 */
export interface NodeBmc {
  /** What is in the virtual drives now. @throws busy while Ironic is at work on the node, and may be changing it */
  readMedia(node: NodeSnapshot): Promise<NodeMedia>;
  /** Puts an image into the CD drive. Accepted, not done: `readMedia` tells, and the node's last error if it fails. */
  attachMedia(node: NodeSnapshot, imageUrl: string): Promise<void>;
  /** Empties the CD drive. Accepted, not done. */
  detachMedia(node: NodeSnapshot): Promise<void>;

  /** What the BMC sends its events to now. */
  listSubscriptions(node: NodeSnapshot): Promise<readonly KnownSubscription[]>;
  /** Has the BMC send its events to a URL. @returns the BMC's id of the subscription */
  createSubscription(node: NodeSnapshot, subscription: NodeSubscription): Promise<string>;
  /** Ending one that is gone already is fine. */
  deleteSubscription(node: NodeSnapshot, id: string): Promise<void>;
}

export interface NodeMedia {
  /** There is something in one of the drives, whoever put it there. */
  readonly inserted: boolean;
}

export interface NodeSubscription {
  readonly destination: string;
  /** Sent along with every event; may be empty. */
  readonly context: string;
  /** HTTP headers of the requests by which events are sent. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A subscription as the BMC has it; it keeps its headers to itself. */
export interface KnownSubscription {
  readonly id: string;
  readonly destination: string;
  readonly context: string;
}

/** From the list of drives that `GET /v1/nodes/{node}/vmedia` answers. */
export function mediaOf(drives: Json | undefined): NodeMedia {
  const list = Array.isArray(drives) ? (drives as readonly JsonObject[]) : [];
  return { inserted: list.some((drive) => drive['inserted'] === true) };
}
