export { architectureOf, type Architecture, type BootFirmware } from './architecture.ts';
export { DhcpFormatError } from './errors.ts';
export {
  contains,
  formatIpv4,
  formatIpv4Network,
  lastAddress,
  netmask,
  readIpv4,
  readIpv4Network,
  type Ipv4,
  type Ipv4Network,
} from './ipv4.ts';
export { formatMac, readMacBytes } from './mac.ts';
export { readClient, type BootClientFacts, type DhcpClient } from './v4/client.ts';
export { messageName, messageType, option, type MessageType } from './v4/codes.ts';
export { numberOf, u16, u32, u8, type DhcpOptions } from './v4/options.ts';
export {
  bootReply,
  bootRequest,
  formatPacket,
  latin1,
  latin1Bytes,
  parsePacket,
  typeOf,
  type DhcpPacket,
  type FormattedPacket,
} from './v4/packet.ts';
export { readRelay, type RelayInformation } from './v4/relay.ts';
export {
  containsIpv6,
  formatIpv6,
  formatIpv6Network,
  ipv6Bytes,
  ipv6Of,
  readIpv6,
  readIpv6Network,
  type Ipv6,
  type Ipv6Network,
} from './ipv6.ts';
export { readClient6, type DhcpClient6 } from './v6/client.ts';
export { messageName6, messageType6, option6, status6 } from './v6/codes.ts';
export {
  identityAssociation,
  readIdentityAssociation,
  statusOption,
  type IdentityAssociation,
} from './v6/identity-association.ts';
export {
  concat,
  formatMessage6,
  formatRelayed6,
  parseMessage6,
  type Message6,
  type Option6,
  type Received6,
  type Relay6,
} from './v6/message.ts';
