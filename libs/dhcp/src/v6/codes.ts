/** DHCPv6 message types (RFC 8415 section 7.3). */
export const messageType6 = {
  solicit: 1,
  advertise: 2,
  request: 3,
  confirm: 4,
  renew: 5,
  rebind: 6,
  reply: 7,
  release: 8,
  decline: 9,
  reconfigure: 10,
  informationRequest: 11,
  relayForward: 12,
  relayReply: 13,
} as const;

const names = new Map<number, string>(Object.entries(messageType6).map(([name, type]) => [type, name]));

/** `SOLICIT`, `INFORMATION-REQUEST`, or the number of a type that nobody here knows. */
export const messageName6 = (type: number): string =>
  (names.get(type) ?? `type ${type}`).replace(/([A-Z ])/g, (part) => `-${part.trim()}`).toUpperCase();

export const option6 = {
  // RFC 8415
  clientId: 1,
  serverId: 2,
  iaNa: 3,
  iaAddress: 5,
  optionRequest: 6,
  preference: 7,
  relayMessage: 9,
  statusCode: 13,
  rapidCommit: 14,
  userClass: 15,
  vendorClass: 16,
  interfaceId: 18,
  // RFC 3646
  dnsServers: 23,
  domainSearch: 24,
  // RFC 5970
  bootFileUrl: 59,
  bootFileParameters: 60,
  clientArchitecture: 61,
  networkInterface: 62,
  // RFC 6939
  clientLinkLayer: 79,
} as const;

/** Status codes (RFC 8415 section 21.13). */
export const status6 = { success: 0, noAddressesAvailable: 2, noBinding: 3, notOnLink: 4 } as const;
