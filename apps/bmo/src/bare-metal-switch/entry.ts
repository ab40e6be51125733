import type { BareMetalSwitch } from '@metal3/metal3-api';

/** Content of a credentials Secret by key, or that there is none. */
export type SwitchCredentials = Readonly<Record<string, string>> | 'missing';

/** One switch in the configuration of Ironic's networking service. */
export type SwitchEntry =
  | {
      readonly kind: 'entry';
      readonly section: string;
      /** The SSH key that the section names. */
      readonly key?: { readonly file: string; readonly content: string };
    }
  | { readonly kind: 'bad'; readonly message: string; readonly isMissing?: true };

const bad = (message: string): SwitchEntry => ({ kind: 'bad', message });

/**
 * The section of a switch, in the order and the words that the networking service reads.
 *
 * @param keyFolder where that service has the SSH keys
 */
export function entryOf(
  { metadata, spec }: BareMetalSwitch,
  credentials: SwitchCredentials | undefined,
  keyFolder: string,
): SwitchEntry {
  const { name: secret = '', namespace = '' } = spec.credentials ?? {};
  if (secret === '')
    return bad('spec.credentials.name is missing: name the Secret with username and password or ssh-privatekey');
  if (namespace !== '' && namespace !== metadata.namespace) {
    return bad(
      `spec.credentials.namespace: the Secret must be in the namespace of the switch, ${metadata.namespace ?? ''}`,
    );
  }
  if (credentials === undefined || credentials === 'missing') {
    const message = `credentials Secret ${metadata.namespace ?? ''}/${secret} does not exist`;
    return { kind: 'bad', message, isMissing: true };
  }
  const { username, password, 'ssh-privatekey': sshKey, 'admin-password': adminPassword } = credentials;
  if (username === undefined) return bad(`credentials Secret ${secret} lacks the key username`);
  if (sshKey === undefined && password === undefined) {
    return bad(`credentials Secret ${secret} lacks the keys password and ssh-privatekey: it needs one of them`);
  }
  const file = `${spec.macAddress.replaceAll(':', '-')}.key`;
  const lines: readonly (readonly [name: string, value: string | undefined, from: string])[] = [
    ['address', spec.address, 'spec.address'],
    ['mac_address', spec.macAddress, 'spec.macAddress'],
    ['port', spec.port?.toString(), 'spec.port'],
    ['driver_type', spec.driver ?? 'generic-switch', 'spec.driver'],
    ['device_type', spec.deviceType, 'spec.deviceType'],
    ['insecure', spec.disableCertificateVerification === true ? 'true' : undefined, ''],
    ['username', username, `username of Secret ${secret}`],
    sshKey === undefined
      ? ['password', password, `password of Secret ${secret}`]
      : ['key_file', `${keyFolder.replace(/\/+$/, '')}/${file}`, ''],
    ['enable_secret', adminPassword || undefined, `admin-password of Secret ${secret}`],
  ];
  // A second line would be a setting of its own, or a section: of another switch, with whatever address.
  const broken = lines.find(([, value]) => value !== undefined && hasControls(value));
  if (broken !== undefined) return bad(`${broken[2]} has a line break or another control character: write one line`);
  const settings = lines.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}\n`]));
  const section = `[switch:${metadata.name ?? ''}]\n${settings.join('')}\n`;
  return { kind: 'entry', section, ...(sshKey === undefined ? {} : { key: { file, content: sshKey } }) };
}

function hasControls(value: string): boolean {
  return [...value].some((character) => character < ' ' || character === '\u007f');
}
