import { hostAndPort, parseBmcAddress, type BmcAddress } from './address.ts';
import { bmcDrivers, speaksHttp, successorOf, type BmcDriver } from './drivers.ts';

/** An address together with the driver its scheme names. */
export interface BmcAccess {
  readonly address: BmcAddress;
  readonly driver: BmcDriver;
  readonly protocol: 'http' | 'https';
}

export interface BmcCredentials {
  readonly username: string;
  readonly password: string;
}

/** The scheme names no driver. */
export class UnknownBmcTypeError extends Error {
  override readonly name = 'UnknownBmcTypeError';
}

/** @throws BmcAddressError, UnknownBmcTypeError */
export function bmcAccess(text: string): BmcAccess {
  const address = parseBmcAddress(text);
  const suffix = /^(.+)\+(https?)$/.exec(address.scheme);
  const base = suffix?.[1] ?? address.scheme;
  const driver = suffix === null || speaksHttp(base) ? bmcDrivers[base] : undefined;
  if (driver === undefined || !Object.hasOwn(bmcDrivers, base)) {
    const remedy = successorOf(base) ?? `use one of ${Object.keys(bmcDrivers).join(', ')}`;
    throw new UnknownBmcTypeError(`unknown BMC type '${address.scheme}' for address ${text}: ${remedy}`);
  }
  return { address, driver, protocol: suffix?.[2] === 'http' ? 'http' : 'https' };
}

/** `driver_info` of the node, credentials in clear. */
export function driverInfo(
  access: BmcAccess,
  credentials: BmcCredentials,
  disableCertificateVerification: boolean,
): Readonly<Record<string, string | boolean>> {
  const { address, driver } = access;
  switch (driver.family) {
    case 'ipmi':
      return {
        ipmi_address: address.hostname,
        ipmi_port: address.port === '' ? '623' : address.port,
        ipmi_username: credentials.username,
        ipmi_password: credentials.password,
        ipmi_priv_level: address.query.get('privilegelevel') ?? 'ADMINISTRATOR',
        ...(disableCertificateVerification ? { ipmi_verify_ca: false } : {}),
      };
    case 'redfish': {
      const bareService = ['', 'redfish/v1'].includes(address.path.replace(/^\/+|\/+$/g, ''));
      return {
        redfish_address: `${access.protocol}://${hostAndPort(address)}`,
        redfish_username: credentials.username,
        redfish_password: credentials.password,
        ...(bareService && driver.alwaysSystemId === undefined ? {} : { redfish_system_id: address.path }),
        ...(disableCertificateVerification ? { redfish_verify_ca: false } : {}),
      };
    }
    case 'fake':
      return { fake_address: hostAndPort(address) };
  }
}
