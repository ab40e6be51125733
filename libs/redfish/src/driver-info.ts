import type { AuthType } from './client.ts';
import type { BmcAddress } from './bmcs.ts';
import { textAt } from './json.ts';

/** A driver_info that cannot be used: names the field and what it must be. */
export class InvalidDriverInfo extends Error {
  override readonly name = 'InvalidDriverInfo';
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

const authTypes: readonly AuthType[] = ['auto', 'session', 'basic'];

/**
 * Reads `redfish_*` of driver_info as Ironic does: https when no scheme is given, IPv6 brackets added, a path in the address
 * is the prefix of the service, `redfish_verify_ca` a boolean (or its text) or PEM text.
 * @throws InvalidDriverInfo
 */
export function bmcAddressOf(driverInfo: unknown): BmcAddress {
  const given = textAt(driverInfo, 'redfish_address');
  if (given === undefined) {
    throw new InvalidDriverInfo(
      'redfish_address',
      'Missing parameter redfish_address in driver_info: give the URL of the BMC, e.g. https://192.0.2.7',
    );
  }
  const url = parseAddress(given);
  const systemId = textAt(driverInfo, 'redfish_system_id');
  if (systemId !== undefined && !systemId.startsWith('/')) {
    throw new InvalidDriverInfo(
      'redfish_system_id',
      `Invalid redfish_system_id ${JSON.stringify(systemId)}: it must be a path such as /redfish/v1/Systems/1`,
    );
  }
  const authType = textAt(driverInfo, 'redfish_auth_type') ?? 'auto';
  const knownType = authTypes.find((type) => type === authType.toLowerCase());
  if (knownType === undefined) {
    throw new InvalidDriverInfo(
      'redfish_auth_type',
      `Invalid redfish_auth_type ${JSON.stringify(authType)}: use auto, session or basic`,
    );
  }
  const trust = trustOf(driverInfo);
  const prefix = url.pathname === '/' ? '' : url.pathname.replace(/\/+$/, '');
  return {
    origin: url.origin,
    systemPath: systemId === undefined ? undefined : encodeURI(decodeURI(`${prefix}${systemId}`)),
    username: textAt(driverInfo, 'redfish_username'),
    password: textAt(driverInfo, 'redfish_password'),
    authType: knownType,
    ...trust,
  };
}

function parseAddress(given: string): URL {
  const bare = given.trim();
  const bracketed = /^[0-9a-f:]+:[0-9a-f:]*$/i.test(bare) && bare.split(':').length > 2 ? `[${bare}]` : bare;
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(bracketed) ? bracketed : `https://${bracketed}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.hostname === '') {
    throw new InvalidDriverInfo(
      'redfish_address',
      `Invalid Redfish address ${JSON.stringify(given)} set in driver_info.redfish_address: it must be an http or https URL`,
    );
  }
  return url;
}

function trustOf(driverInfo: unknown): { readonly verifyTls: boolean; readonly ca?: string } {
  const value: unknown =
    typeof driverInfo === 'object' && driverInfo !== null ? Reflect.get(driverInfo, 'redfish_verify_ca') : undefined;
  if (value === undefined || value === null || value === '') return { verifyTls: true };
  if (typeof value === 'boolean') return { verifyTls: value };
  if (typeof value === 'string') {
    if (/^(true|yes|on|1)$/i.test(value)) return { verifyTls: true };
    if (/^(false|no|off|0)$/i.test(value)) return { verifyTls: false };
    if (value.includes('-----BEGIN CERTIFICATE-----')) return { verifyTls: true, ca: value };
  }
  throw new InvalidDriverInfo(
    'redfish_verify_ca',
    'Invalid value for redfish_verify_ca in driver_info: use a boolean or the PEM text of the authority to trust',
  );
}
