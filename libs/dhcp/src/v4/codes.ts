/** DHCP message types (RFC 2132 section 9.6). */
export const messageType = {
  discover: 1,
  offer: 2,
  request: 3,
  decline: 4,
  ack: 5,
  nak: 6,
  release: 7,
  inform: 8,
} as const;
export type MessageType = (typeof messageType)[keyof typeof messageType];

const names = new Map<number, string>(Object.entries(messageType).map(([name, type]) => [type, name.toUpperCase()]));

/** `DISCOVER`, or the number of a type that nobody here knows. */
export const messageName = (type: number): string => names.get(type) ?? `TYPE-${type}`;

/** Option numbers that boot servers deal with, by the RFC that defines them. */
export const option = {
  // RFC 2132
  pad: 0,
  subnetMask: 1,
  router: 3,
  dnsServers: 6,
  hostName: 12,
  domainName: 15,
  interfaceMtu: 26,
  broadcastAddress: 28,
  ntpServers: 42,
  vendorSpecific: 43,
  requestedAddress: 50,
  leaseTime: 51,
  overload: 52,
  messageType: 53,
  serverIdentifier: 54,
  parameterRequestList: 55,
  message: 56,
  maximumMessageSize: 57,
  renewalTime: 58,
  rebindingTime: 59,
  vendorClass: 60,
  clientIdentifier: 61,
  tftpServerName: 66,
  bootFileName: 67,
  end: 255,
  // RFC 3004
  userClass: 77,
  // RFC 3046
  relayInformation: 82,
  // RFC 4578
  clientArchitecture: 93,
  clientNetworkInterface: 94,
  clientMachineId: 97,
  // RFC 3011
  subnetSelection: 118,
  // RFC 3442
  classlessRoutes: 121,
  // RFC 5859
  tftpServerAddress: 150,
  // Etherboot and iPXE
  ipxeEncapsulated: 175,
} as const;
