declare const brand: unique symbol;

/** A string that has been checked to be of one kind, so that a port's UUID cannot be passed where a node's is wanted. */
type Branded<Kind extends string> = string & { readonly [brand]: Kind };

export type NodeUuid = Branded<'NodeUuid'>;
export type PortUuid = Branded<'PortUuid'>;
/** Lower-case, colon separated: `52:54:00:aa:bb:cc`. */
export type MacAddress = Branded<'MacAddress'>;

const uuidPattern = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const macPattern = /^[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}$/i;

/** True for anything Ironic takes as a UUID: hyphens may be missing and case does not matter. */
export function isUuidLike(text: string): boolean {
  return uuidPattern.test(text);
}

/** Canonical lower-case, hyphenated form. @throws TypeError when `text` is not a UUID */
export function canonicalUuid(text: string): string {
  if (!isUuidLike(text)) throw new TypeError(`Expected a UUID but received ${JSON.stringify(text)}.`);
  const hex = text.replaceAll('-', '').toLowerCase();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** @throws TypeError when `text` is not a UUID */
export function nodeUuid(text: string): NodeUuid {
  return canonicalUuid(text) as NodeUuid;
}

/** @throws TypeError when `text` is not a UUID */
export function portUuid(text: string): PortUuid {
  return canonicalUuid(text) as PortUuid;
}

/** Undefined when `text` is not an Ethernet MAC address; hyphens become colons. */
export function findMacAddress(text: string): MacAddress | undefined {
  return macPattern.test(text) ? (text.replaceAll('-', ':').toLowerCase() as MacAddress) : undefined;
}

/** @throws TypeError when `text` is not an Ethernet MAC address */
export function macAddress(text: string): MacAddress {
  const address = findMacAddress(text);
  if (address === undefined) throw new TypeError(`Expected a MAC address but received ${JSON.stringify(text)}.`);
  return address;
}
