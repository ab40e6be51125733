import { architectureOf } from '../architecture.ts';
import { DhcpFormatError } from '../errors.ts';
import { formatMac } from '../mac.ts';
import type { BootClientFacts } from '../v4/client.ts';
import { numberOf } from '../v4/options.ts';
import { latin1 } from '../v4/packet.ts';
import { ipv6Bytes, type Ipv6 } from '../ipv6.ts';
import { messageType6, option6 } from './codes.ts';
import { readIdentityAssociation, type IdentityAssociation } from './identity-association.ts';
import type { Option6, Received6 } from './message.ts';

/** What a DHCPv6 client says of itself. */
export interface DhcpClient6 {
  readonly type: number;
  /** Names the machine in tables of leases: its hardware address where that can be known, else its DUID. */
  readonly key: string;
  /** Empty when it cannot be known. */
  readonly mac: string;
  /** DUID; undefined only in an INFORMATION-REQUEST. */
  readonly duid: Uint8Array | undefined;
  readonly server: Uint8Array | undefined;
  readonly associations: readonly IdentityAssociation[];
  readonly wants: ReadonlySet<number>;
  readonly rapidCommit: boolean;
  readonly boot: BootClientFacts | undefined;
}

/** No client has more interfaces in one message. */
const mostAssociations = 8;

/**
 * Reads what a client says.
 * @param source link-local address that a message without relays came from
 * @throws DhcpFormatError when this is no message of a client
 */
export function readClient6({ message, relays }: Received6, source: Ipv6 | undefined): DhcpClient6 {
  const { type, options } = message;
  const fromClient =
    type === messageType6.informationRequest || (type >= messageType6.solicit && type <= messageType6.decline);
  if (!fromClient || type === messageType6.advertise || type === messageType6.reply) {
    throw new DhcpFormatError('this is no message of a DHCPv6 client');
  }
  const find = (code: number) => options.find((one) => one.code === code)?.data;
  const duid = find(option6.clientId);
  if (type !== messageType6.informationRequest && (duid === undefined || duid.length < 3 || duid.length > 130)) {
    throw new DhcpFormatError('the client has no valid identifier');
  }
  const associations = options
    .filter(({ code }) => code === option6.iaNa)
    .slice(0, mostAssociations)
    .map(({ data }) => readIdentityAssociation(data));
  const nearest = relays.at(-1);
  // The card that is asking before the one that the DUID was made from, which may be another.
  const asking = nearest === undefined ? source : nearest.peer;
  const mac = macOfRelay(nearest?.options) ?? macOfLinkLocal(asking) ?? macOfDuid(duid) ?? '';
  const wants = find(option6.optionRequest) ?? new Uint8Array();
  return {
    type,
    key: mac !== '' ? mac : `duid:${Buffer.from(duid ?? []).toString('hex')}`,
    mac,
    duid,
    server: find(option6.serverId),
    associations,
    wants: new Set(
      Array.from({ length: wants.length >> 1 }, (_, at) => numberOf(wants.subarray(2 * at, 2 * at + 2)) ?? 0),
    ),
    rapidCommit: find(option6.rapidCommit) !== undefined,
    boot: readBoot(find),
  };
}

function readBoot(find: (code: number) => Uint8Array | undefined): BootClientFacts | undefined {
  const list = find(option6.clientArchitecture);
  const vendorClass = latin1(find(option6.vendorClass) ?? new Uint8Array());
  const inClass = /(?:PXE|HTTP)Client:Arch:(\d{5})/.exec(vendorClass)?.[1];
  const code =
    list !== undefined && list.length >= 2
      ? numberOf(list.subarray(0, 2))
      : inClass === undefined
        ? undefined
        : Number(inClass);
  // There is no BIOS with IPv6.
  const architecture = architectureOf(code ?? 7);
  const facts = { architecture, architectureCode: code, fetchesHttp: true, machineId: undefined };
  if (latin1(find(option6.userClass) ?? new Uint8Array()).includes('iPXE')) return { program: 'ipxe', ...facts };
  if (vendorClass.includes('HTTPClient')) return { program: 'http', ...facts };
  if (vendorClass.includes('PXEClient') || code !== undefined)
    return { program: architecture.http ? 'http' : 'pxe', ...facts };
  return undefined;
}

/** RFC 6939: hardware type and address, as the first relay saw it. */
function macOfRelay(options: readonly Option6[] | undefined): string | undefined {
  const data = options?.find(({ code }) => code === option6.clientLinkLayer)?.data;
  return data?.length === 8 && numberOf(data.subarray(0, 2)) === 1 ? formatMac(data.subarray(2)) : undefined;
}

/** DUID-LLT and DUID-LL of Ethernet end in the address of some card of the machine (RFC 8415 section 11). */
function macOfDuid(duid: Uint8Array | undefined): string | undefined {
  if (duid === undefined || numberOf(duid.subarray(2, 4)) !== 1) return undefined;
  const type = numberOf(duid.subarray(0, 2));
  if (type === 1 && duid.length === 14) return formatMac(duid.subarray(8));
  return type === 3 && duid.length === 10 ? formatMac(duid.subarray(4)) : undefined;
}

/** fe80::5054:ff:fe00:1 -> 52:54:00:00:00:01 (RFC 4291 appendix A); undefined for addresses made otherwise. */
function macOfLinkLocal(address: Ipv6 | undefined): string | undefined {
  if (address === undefined || address >> 64n !== 0xfe80_0000_0000_0000n) return undefined;
  const bytes = ipv6Bytes(address).subarray(8);
  if (bytes[3] !== 0xff || bytes[4] !== 0xfe) return undefined;
  return formatMac(Uint8Array.of((bytes[0] ?? 0) ^ 2, ...bytes.subarray(1, 3), ...bytes.subarray(5)));
}
