import type { IpmiInfo } from '@metal3/node';

/** Seconds that ipmitool itself waits for an answer before it sends once more. It is the conductor that tries again. */
const answerSeconds = 5;

const bridgeFlags = [
  ['localAddress', '-m'],
  ['transitChannel', '-B'],
  ['transitAddress', '-T'],
  ['targetChannel', '-b'],
  ['targetAddress', '-t'],
] as const;

/**
 * Arguments of ipmitool for one command. Password and Kg are not among them: everybody on the host may read command lines. `-v` has it say why no
 * session came about.
 *
 * @param command its words, such as `power status`
 */
export function ipmitoolArguments(
  info: IpmiInfo,
  cipherSuite: string | undefined,
  command: readonly string[],
): readonly string[] {
  const option = (flag: string, value: string | undefined): readonly string[] =>
    value === undefined ? [] : [flag, value];
  return [
    ...['-I', info.protocol === '2.0' ? 'lanplus' : 'lan'],
    ...['-H', info.address],
    ...['-L', info.privilege],
    ...option('-p', info.port === undefined ? undefined : String(info.port)),
    ...option('-U', info.username),
    ...kgOptions(info),
    ...option('-C', info.cipherSuite ?? cipherSuite),
    ...bridgeFlags.flatMap(([field, flag]) => option(flag, info.bridge[field])),
    ...['-R', '1', '-N', String(answerSeconds), '-v', '-E'],
    ...command,
  ];
}

/**
 * Kg as bytes that an environment variable can hold: it is filled up with zeros, so those at its end need not be said. Undefined for none, and for one
 * with a zero in its middle, which ipmitool takes on its command line alone.
 */
export function kgOf({ hexKgKey }: Pick<IpmiInfo, 'hexKgKey'>): Buffer | undefined {
  const bytes = Buffer.from(hexKgKey ?? '', 'hex');
  const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
  const said = bytes.subarray(0, end);
  return end === 0 || said.includes(0) ? undefined : said;
}

function kgOptions(info: IpmiInfo): readonly string[] {
  if (info.hexKgKey === undefined) return [];
  return kgOf(info) === undefined ? ['-y', info.hexKgKey] : ['-K'];
}

/** The bytes of a raw request as words of a command line. Undefined for what is no list of bytes. */
export function rawWords(bytes: string): readonly string[] | undefined {
  const words = bytes.trim().split(/\s+/);
  const good = words.every((word) => /^(0x[0-9a-f]{1,2}|\d{1,3})$/i.test(word) && Number(word) <= 255);
  return good && words.length >= 2 ? words : undefined;
}
