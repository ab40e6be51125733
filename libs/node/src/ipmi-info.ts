import type { Json, JsonObject } from './json.ts';

/** How a BMC is spoken to over IPMI (Intelligent Platform Management Interface 2.0): what `driver_info.ipmi_*` says. */
export interface IpmiInfo {
  readonly address: string;
  readonly port: number | undefined;
  /** Undefined for the anonymous account. */
  readonly username: string | undefined;
  readonly password: string;
  /** Kg, the key of two-key log-ins, in hex. */
  readonly hexKgKey: string | undefined;
  readonly privilege: IpmiPrivilege;
  readonly protocol: IpmiProtocol;
  /** Undefined: whatever the BMC takes. */
  readonly cipherSuite: string | undefined;
  /** How a BMC behind another one is reached; empty where there is none in between. */
  readonly bridge: IpmiBridge;
  /** The BMC forgets the boot device, so that it is told before every start. */
  readonly forcesBootDevice: boolean;
  /** The BMC's limit of a minute between being told a boot device and the start is lifted; undefined: as configured. */
  readonly liftsBootTimeout: boolean | undefined;
}

export const ipmiPrivileges = ['ADMINISTRATOR', 'CALLBACK', 'OPERATOR', 'USER'] as const;
export type IpmiPrivilege = (typeof ipmiPrivileges)[number];
export const ipmiProtocols = ['2.0', '1.5'] as const;
export type IpmiProtocol = (typeof ipmiProtocols)[number];

export interface IpmiBridge {
  readonly localAddress?: string;
  readonly transitChannel?: string;
  readonly transitAddress?: string;
  readonly targetChannel?: string;
  readonly targetAddress?: string;
}

class Unusable extends Error {}

/** Reads `ipmi_*` of driver_info as Ironic 39.0 does. `problem` is in Ironic's words, and names the field. */
export function readIpmiInfo(driverInfo: JsonObject): { readonly info: IpmiInfo } | { readonly problem: string } {
  try {
    return { info: infoOf(driverInfo) };
  } catch (error) {
    if (error instanceof Unusable) return { problem: error.message };
    throw error;
  }
}

function infoOf(given: JsonObject): IpmiInfo {
  const address = text(given['ipmi_address']);
  if (address === undefined) {
    throw new Unusable("Missing the following IPMI credentials in node's driver_info: ['ipmi_address'].");
  }
  const protocol = choice(
    text(given['ipmi_protocol_version']) ?? '2.0',
    ipmiProtocols,
    (value, valid) => `Invalid IPMI protocol version value ${value}, the valid value can be one of ${valid}`,
  );
  const port = portOf(given['ipmi_port'], 'ipmi_port');
  portOf(given['ipmi_terminal_port'], 'ipmi_terminal_port');
  const bridge = bridgeOf(given);
  const privilege = choice(
    text(given['ipmi_priv_level']) ?? 'ADMINISTRATOR',
    ipmiPrivileges,
    (value, valid) => `Invalid privilege level value:${value}, the valid value can be one of ${valid}`,
  );
  const hexKgKey = text(given['ipmi_hex_kg_key']);
  if (hexKgKey !== undefined && hexKgKey.length % 2 !== 0)
    throw new Unusable('Number of ipmi_hex_kg_key characters is not even');
  return {
    address,
    port,
    username: text(given['ipmi_username']),
    password: text(given['ipmi_password']) ?? '',
    hexKgKey,
    privilege,
    protocol,
    cipherSuite: cipherSuiteOf(given['ipmi_cipher_suite'], protocol),
    bridge,
    forcesBootDevice: isTrue(given['ipmi_force_boot_device']),
    liftsBootTimeout: isGiven(given['ipmi_disable_boot_timeout'])
      ? isTrue(given['ipmi_disable_boot_timeout'])
      : undefined,
  };
}

/** An address that is neither an IP address nor a host name. Ironic finds fault with it in the power interface only. */
export function ipmiAddressProblem(address: string, nodeUuid: string): string | undefined {
  const isHost = /^(?=.{1,255}$)(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?$/i.test(address);
  const isIpv6 = /^[0-9a-f:.]*:[0-9a-f:.]*(%[\w.-]+)?$/i.test(address);
  if (isHost || isIpv6) return undefined;
  return `Invalid IPMI address "${address}" for node ${nodeUuid}. Must be a valid IP address or hostname.`;
}

function bridgeOf(given: JsonObject): IpmiBridge {
  const kind = text(given['ipmi_bridging']) ?? 'no';
  if (kind === 'no') return {};
  if (kind !== 'single' && kind !== 'dual') {
    throw new Unusable(
      `Invalid value for ipmi_bridging: ${kind}, the valid value can be one of: ['single', 'dual', 'no']`,
    );
  }
  const needed = ['ipmi_target_channel', 'ipmi_target_address'];
  if (kind === 'dual') needed.push('ipmi_transit_channel', 'ipmi_transit_address');
  const missing = needed.filter((name) => text(given[name]) === undefined);
  if (missing.length > 0) throw new Unusable(`[${missing.map((name) => `'${name}'`).join(', ')}] not provided`);
  const part = (key: keyof IpmiBridge, name: string): IpmiBridge => {
    const value = text(given[name]);
    return value === undefined ? {} : { [key]: value };
  };
  return {
    ...part('localAddress', 'ipmi_local_address'),
    ...(kind === 'dual' && {
      ...part('transitChannel', 'ipmi_transit_channel'),
      ...part('transitAddress', 'ipmi_transit_address'),
    }),
    ...part('targetChannel', 'ipmi_target_channel'),
    ...part('targetAddress', 'ipmi_target_address'),
  };
}

function cipherSuiteOf(given: Json | undefined, protocol: IpmiProtocol): string | undefined {
  const suite = text(given);
  if (suite === undefined) return undefined;
  if (!/^\s*\d+\s*$/.test(suite)) throw new Unusable(`Invalid cipher suite ${suite}, expected a number`);
  if (protocol === '1.5') throw new Unusable('Cipher suites cannot be used with IPMI 1.5');
  return suite.trim();
}

function portOf(given: Json | undefined, name: string): number | undefined {
  const port = text(given);
  if (port === undefined) return undefined;
  const number = /^\s*\d+\s*$/.test(port) ? Number(port) : undefined;
  if (number === undefined) throw new Unusable(`${name} "${port}" is not a valid integer.`);
  if (number < 1 || number > 65_535) {
    throw new Unusable(`${name} "${port}" is out of range. Valid port numbers must be between 1 and 65535.`);
  }
  return number;
}

function choice<Value extends string>(
  value: string,
  valid: readonly Value[],
  problem: (value: string, valid: string) => string,
): Value {
  const found = valid.find((known) => known === value);
  if (found === undefined) throw new Unusable(problem(value, valid.join(', ')));
  return found;
}

const isGiven = (value: Json | undefined): boolean => value !== undefined && value !== null;
const text = (value: Json | undefined): string | undefined => {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
};
const isTrue = (value: Json | undefined): boolean =>
  value === true || value === 1 || (typeof value === 'string' && /^(1|t|true|on|y|yes)$/i.test(value.trim()));
