/**
 * Why a call of a BMC over IPMI failed, by what can be done about it.
 *
 * - `transient`: nothing happened; try again later.
 * - `unknown`: a change was sent and no answer came; look before doing it again.
 * - `refused`: the BMC understood and said no.
 * - `unsupported`: this BMC, or IPMI as such, does not have it.
 * - `config`: address, credentials or the conductor itself; a person must act.
 * - `aborted`: the caller's signal ended the call.
 */
export type IpmiErrorKind = 'transient' | 'unknown' | 'refused' | 'unsupported' | 'config' | 'aborted';

/** A failed call. The message begins with Ironic's words for it, and has those of ipmitool and what to do. */
export class IpmiError extends Error {
  override readonly name = 'IpmiError';
  readonly kind: IpmiErrorKind;

  constructor(kind: IpmiErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }

  /** True when the same call may be tried again without a person's help. */
  get retryable(): boolean {
    return this.kind === 'transient' || this.kind === 'unknown';
  }

  /** Survives duplicate installs of the package, unlike instanceof. */
  static is(error: unknown): error is IpmiError {
    return error instanceof Error && error.name === 'IpmiError' && 'kind' in error;
  }
}

interface Known {
  readonly seen: RegExp;
  readonly kind: (changes: boolean) => IpmiErrorKind;
  readonly remedy: string;
}
const always = (kind: IpmiErrorKind) => () => kind;

/** BMCs and ipmitool say no more than these sentences; the first that fits decides. */
const known: readonly Known[] = [
  {
    seen: /RAKP 2 HMAC is invalid|RAKP 2 message indicates an error|unauthorized name|invalid user ?name|password/i,
    kind: always('config'),
    remedy: 'correct driver_info.ipmi_username and driver_info.ipmi_password',
  },
  {
    seen: /insufficient privilege|privilege level|invalid role/i,
    kind: always('config'),
    remedy: 'lower driver_info.ipmi_priv_level to what the account has, or give the account more',
  },
  {
    seen: /Address lookup for .* failed|Could not resolve/i,
    kind: always('config'),
    remedy: 'correct driver_info.ipmi_address',
  },
  {
    seen: /cipher suite|invalid (authentication|integrity|confidentiality) algorithm/i,
    kind: always('config'),
    remedy: 'set driver_info.ipmi_cipher_suite to one that the BMC takes (17 or 3)',
  },
  {
    seen: /insufficient resources for session|Node busy|Out of space|BMC initialization in progress|present state/i,
    kind: always('transient'),
    remedy: 'the BMC is busy, and asked again',
  },
  {
    seen: /Unable to establish|Get Auth Capabilities error|Could not open socket|Get Session Challenge/i,
    kind: always('transient'),
    remedy:
      'see that the BMC can be reached at driver_info.ipmi_address and ipmi_port (UDP) and that IPMI over LAN is switched on',
  },
  {
    seen: /Timeout/i,
    kind: (changes) => (changes ? 'unknown' : 'transient'),
    remedy: 'the BMC is asked again',
  },
  {
    seen: /Invalid command|not supported|illegal/i,
    kind: always('unsupported'),
    remedy: 'do without: this BMC does not have it',
  },
];

/** What ipmitool says of its own work, and not of the call. */
const chatter =
  /^(Loading IANA|Running Get VSO|Discovered|Get Auth Cap.*success|Invalid completion code received|RAW (REQ|RSP)|\s*$)/;
const secondary = /^(Unable to Get Channel Cipher Suites|Error: Unable to establish)/;

/** Classifies what ipmitool wrote to its error output. `changes`: the call was not a look. */
export function ipmiFailure(command: string, where: string, stderr: string, changes: boolean): IpmiError {
  const lines = stderr
    .split('\n')
    .map((line) => line.replace(/^>\s*/, '').trim())
    .filter((line) => !chatter.test(line));
  const telling = lines.filter((line) => !secondary.test(line));
  const words = (telling.length > 0 ? telling : lines.slice(-1)).join('; ').slice(0, 300) || 'nothing';
  const entry = known.find(({ seen }) => seen.test(telling.join('\n'))) ?? known.find(({ seen }) => seen.test(stderr));
  return new IpmiError(
    entry?.kind(changes) ?? 'refused',
    `IPMI call failed: ${command}. ipmitool says of ${where}: ${words}${entry === undefined ? '' : `; ${entry.remedy}`}`,
  );
}

/** True when another cipher suite may do. */
export const isAboutCipherSuite = (stderr: string): boolean =>
  /Unsupported cipher suite ID|no matching cipher suite|: invalid role|invalid (authentication|integrity|confidentiality) algorithm/i.test(
    stderr,
  );

/** Of calls that came through all the same: the BMC was asked for its cipher suites and said nothing. */
export const doesNotTellSuites = (stderr: string): boolean => stderr.includes('Unable to Get Channel Cipher Suites');
