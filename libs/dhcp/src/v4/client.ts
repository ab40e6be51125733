import { architectureOf, type Architecture } from '../architecture.ts';
import { DhcpFormatError } from '../errors.ts';
import type { Ipv4 } from '../ipv4.ts';
import { formatMac } from '../mac.ts';
import { option, type MessageType } from './codes.ts';
import { numberOf } from './options.ts';
import { latin1, typeOf, type DhcpPacket } from './packet.ts';
import { readRelay, type RelayInformation } from './relay.ts';

/** What a client says of itself, read from a request. */
export interface DhcpClient {
  readonly type: MessageType;
  /**
   * Names the machine in tables of leases: the hardware address where there is one. PXE ROM, iPXE and the operating system of one
   * machine send three different client identifiers; by those it would burn three addresses.
   */
  readonly key: string;
  /** Hardware address with colons, empty when the client has none to show (InfiniBand). */
  readonly mac: string;
  /** Option 50. */
  readonly requested: Ipv4 | undefined;
  /** Option 54: the server that the client has chosen. */
  readonly server: Ipv4 | undefined;
  /** Numbers of option 55; undefined when the client does not say what it wants. */
  readonly wants: ReadonlySet<number> | undefined;
  /** Largest message the client accepts, without IP and UDP headers. */
  readonly maximumSize: number;
  readonly hostName: string | undefined;
  readonly vendorClass: string;
  /** How its firmware boots; undefined when it is not booting from the network. */
  readonly boot: BootClientFacts | undefined;
  readonly relay: RelayInformation | undefined;
}

/** Which boot program is asking. */
export interface BootClientFacts {
  /** `pxe` and `http` are firmware; `ipxe` is a boot loader that already runs. */
  readonly program: 'pxe' | 'http' | 'ipxe';
  readonly architecture: Architecture;
  /** Number of option 93, undefined when the client did not send it. */
  readonly architectureCode: number | undefined;
  /** False for an iPXE that says it was built without HTTP; true for everybody else. */
  readonly fetchesHttp: boolean;
  /** SMBIOS UUID of option 97 as it stands in the option, in hexadecimal. */
  readonly machineId: string | undefined;
}

/**
 * Reads what a client says.
 * @throws DhcpFormatError when the packet is no request or names no client
 */
export function readClient(packet: DhcpPacket): DhcpClient {
  const { options, chaddr, htype } = packet;
  const type = typeOf(packet);
  if (packet.op !== 1 || type < 1 || type > 8) throw new DhcpFormatError('this is no request of a DHCP client');
  const mac = formatMac(chaddr);
  const clientId = options.get(option.clientIdentifier);
  const anonymous = chaddr.every((byte) => byte === 0);
  if (anonymous && (clientId === undefined || clientId.length < 2)) {
    throw new DhcpFormatError('neither a hardware address nor a client identifier');
  }
  const wants = options.get(option.parameterRequestList);
  const size = numberOf(options.get(option.maximumMessageSize)) ?? 576;
  return {
    type: type as MessageType,
    key: anonymous ? `id:${Buffer.from(clientId ?? []).toString('hex')}` : htype === 1 ? mac : `${htype}/${mac}`,
    mac: anonymous ? '' : mac,
    requested: addressOf(options.get(option.requestedAddress)),
    server: addressOf(options.get(option.serverIdentifier)),
    wants: wants === undefined ? undefined : new Set(wants),
    maximumSize: Math.max(576, size) - 28,
    hostName: readHostName(options.get(option.hostName)),
    vendorClass: latin1(options.get(option.vendorClass) ?? new Uint8Array()).replaceAll('\0', ''),
    boot: readBoot(packet),
    relay: readRelay(options.get(option.relayInformation)),
  };
}

function readBoot({ options }: DhcpPacket): BootClientFacts | undefined {
  const vendorClass = latin1(options.get(option.vendorClass) ?? new Uint8Array());
  const code = readArchitecture(options.get(option.clientArchitecture), vendorClass);
  const facts = {
    architecture: architectureOf(code ?? 0),
    architectureCode: code,
    fetchesHttp: fetchesHttp(options.get(option.ipxeEncapsulated)),
    machineId: readMachineId(options.get(option.clientMachineId)),
  };
  // Before the vendor class: iPXE also calls itself a PXE client.
  if (isIpxe(options.get(option.userClass)) || options.has(option.ipxeEncapsulated))
    return { program: 'ipxe', ...facts };
  if (vendorClass.startsWith('HTTPClient')) return { program: 'http', ...facts };
  if (vendorClass.startsWith('PXEClient')) return { program: facts.architecture.http ? 'http' : 'pxe', ...facts };
  return undefined;
}

/** iPXE sends the word bare; RFC 3004 wants each class with its length before it. */
function isIpxe(userClass: Uint8Array | undefined): boolean {
  if (userClass === undefined) return false;
  if (latin1(userClass) === 'iPXE') return true;
  for (let at = 0; at < userClass.length;) {
    const length = userClass[at] ?? 0;
    if (latin1(userClass.subarray(at + 1, at + 1 + length)) === 'iPXE') return true;
    at += 1 + length;
  }
  return false;
}

/**
 * iPXE lists what it was built with as sub-options of option 175, HTTP as 19. A list without it is believed; no list says nothing.
 */
function fetchesHttp(encapsulated: Uint8Array | undefined): boolean {
  const features = new Map<number, number>();
  for (let at = 0; encapsulated !== undefined && at + 1 < encapsulated.length;) {
    const length = encapsulated[at + 1] ?? 0;
    features.set(encapsulated[at] ?? 0, encapsulated[at + 2] ?? 0);
    at += 2 + length;
  }
  const listed = [...features.keys()].some((code) => code >= 16 && code <= 47);
  return !listed || (features.get(19) ?? 0) !== 0;
}

/** Option 93 lists architectures, the first counts; some ROMs only have it in their vendor class `PXEClient:Arch:00007:UNDI:003016`. */
function readArchitecture(list: Uint8Array | undefined, vendorClass: string): number | undefined {
  if (list !== undefined && list.length >= 2) return numberOf(list.subarray(0, 2));
  const inClass = /^(?:PXE|HTTP)Client:Arch:(\d{5})/.exec(vendorClass)?.[1];
  return inClass === undefined ? undefined : Number(inClass);
}

/** RFC 4578 section 2.3: type 0 and a 16-byte GUID. */
const readMachineId = (value: Uint8Array | undefined): string | undefined =>
  value?.length === 17 && value[0] === 0 ? Buffer.from(value.subarray(1)).toString('hex') : undefined;

/** Four bytes that are not all zero. */
const addressOf = (value: Uint8Array | undefined): Ipv4 | undefined =>
  value?.length === 4 ? numberOf(value) || undefined : undefined;

/** Only what can be a host name: it goes into logs and lease files. */
function readHostName(value: Uint8Array | undefined): string | undefined {
  const name = latin1(value ?? new Uint8Array()).replace(/\0+$/, '');
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name) ? name : undefined;
}
