import type { Node } from '@metal3/node';

/** A lamp of a machine: what it belongs to (`system`, `chassis`, `disk`), and which one of these. */
export interface IndicatorName {
  readonly component: string;
  readonly name: string;
}

export interface Indicator extends IndicatorName {
  readonly readOnly: boolean;
  readonly states: readonly string[];
}

/** The BMC of a node as far as the API must talk to it while the client waits; carried out by a live conductor of the node's group. */
export interface BmcAccess {
  /** @throws Fault 400 when the node's management interface cannot do it, 503 when no conductor answers */
  bootDevice(node: Node): Promise<{ readonly bootDevice: string | null; readonly persistent: boolean | null }>;
  setBootDevice(node: Node, device: string, persistent: boolean, requestId: string): Promise<void>;
  supportedBootDevices(node: Node): Promise<readonly string[]>;
  injectNmi(node: Node, requestId: string): Promise<void>;
  indicators(node: Node): Promise<readonly Indicator[]>;
  /** `on`, `off`, `blinking` or `unknown`. @throws Fault 400 for an indicator that the node does not have */
  indicator(node: Node, which: IndicatorName): Promise<string>;
  setIndicator(node: Node, which: IndicatorName, state: string, requestId: string): Promise<void>;
  /** The devices in the shape of the driver, as JSON text. */
  virtualMedia(node: Node): Promise<string>;
  /** A method of the node's vendor interface; its result as JSON text, or undefined when it has none. */
  callVendorMethod(
    node: Node,
    method: string,
    args: Readonly<Record<string, unknown>>,
    requestId: string,
  ): Promise<string | undefined>;
}
