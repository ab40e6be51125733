import { Fault } from '../faults.ts';
import { isLogicalName, isUuid } from '../http/query.ts';

/** Words that are sub-resources of a node and so cannot be its name. */
const reserved = new Set(['maintenance', 'management', 'states', 'vendor_passthru', 'detail', 'validate']);
/** Below 1.10 a name had to be a host name. */
const hostName = /^[a-z0-9]([a-z0-9-]{0,62})(\.[a-z0-9]([a-z0-9-]{0,62}))*$/i;

export const isNodeName = (text: string, minor: number): boolean =>
  isLogicalName(text) && !reserved.has(text) && (minor >= 10 || hostName.test(text));

/**
 * A node identifier from a URL: a UUID, or a name from 1.5 on.
 *
 * @throws Fault (400, in routing's form) for text that can be neither
 */
export function parseNodeIdent(text: string): string {
  if (isUuid(text) || isLogicalName(text)) return text;
  throw new Fault('invalid-argument', `Expected UUID or name for node: ${text}`, 'abort');
}
