import { Fault } from '../faults.ts';

/** The oldest and newest minor version of API v1 that this service speaks. */
export const minimumMinor = 1;
export const maximumMinor = 115;

export const versionHeader = 'x-openstack-ironic-api-version';
const serviceTypeHeader = 'openstack-api-version';

/** The refusal of a version carries the supported range as headers unless the header could not be read at all. */
export class VersionFault extends Fault {
  readonly showRange: boolean;

  static override [Symbol.hasInstance](value: unknown): boolean {
    return Fault[Symbol.hasInstance](value) && Object.hasOwn(value as object, 'showRange');
  }

  constructor(message: string, showRange: boolean, form: 'fault' | 'abort') {
    super('not-acceptable', message, form);
    this.showRange = showRange;
  }
}

const range = `[1.${minimumMinor}, 1.${maximumMinor}]`;

/**
 * The minor version a request is answered at: the one it asks for, 1.1 when it asks for none, the newest for "latest".
 *
 * `OpenStack-API-Version: baremetal 1.N` wins over Ironic's own header, as in the API guidelines of OpenStack.
 *
 * @throws VersionFault (406) for a version outside the range or one that cannot be read
 */
export function negotiateMinor(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  atRoot: boolean,
): number {
  const asked = serviceVersion(headers[serviceTypeHeader]) ?? headers[versionHeader];
  if (asked === undefined || asked === '') return minimumMinor;

  const form = atRoot ? 'fault' : 'abort';
  const text = String(asked).trim();
  if (text.toLowerCase() === 'latest') return maximumMinor;

  const parsed = /^(\d{1,9})\.(\d{1,9})$/.exec(text);
  if (parsed === null) throw new VersionFault('Invalid value for X-OpenStack-Ironic-API-Version header', false, form);

  if (Number(parsed[1]) !== 1) {
    throw new VersionFault(
      `Mutually exclusive versions requested. Version ${text} requested but not supported by this service. ` +
        `The supported version range is: ${range}.`,
      true,
      form,
    );
  }
  const minor = Number(parsed[2]);
  if (minor < minimumMinor || minor > maximumMinor) {
    throw new VersionFault(
      `Version ${text} was requested but the minor version is not supported by this service. ` +
        `The supported version range is: ${range}.`,
      true,
      form,
    );
  }
  return minor;
}

function serviceVersion(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  for (const entry of String(header).split(',')) {
    const [service, version] = entry.trim().split(/\s+/, 2);
    if (service?.toLowerCase() === 'baremetal' && version !== undefined) return version;
  }
  return undefined;
}
