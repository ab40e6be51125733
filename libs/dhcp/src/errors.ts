/** A packet that does not follow its RFC. Nothing else is ever thrown for what the network sends. */
export class DhcpFormatError extends Error {
  override readonly name = 'DhcpFormatError';
  readonly code = 'DHCP-PACKET-MALFORMED';
}
