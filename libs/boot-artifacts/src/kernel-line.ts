/** What an agent must be told on its kernel command line. */
export interface AgentParameters {
  /** Operator's parameters, first on the line: `nofb nomodeset systemd.journald.forward_to_console=yes`. */
  readonly append?: string;
  /** Base URLs of the Ironic API as the machine reaches them. */
  readonly apiUrls: readonly string[];
  /** Where the agent posts its inventory before anything else. */
  readonly inspectionCallbackUrl?: string;
  readonly inspectionCollectors?: readonly string[];
  /** Only for media that nobody else can fetch: never put it into what the network serves to every asker. */
  readonly agentToken?: string;
  readonly globalRequestId?: string;
  readonly debug?: boolean;
  /** Turns off verification of the API's certificate and of image downloads. */
  readonly insecure?: boolean;
  readonly medium: 'virtual-media' | 'network';
  /** Further parameters without the `ipa-` prefix (`lookup-timeout`, `network-interface`, ...). */
  readonly agentSettings?: Readonly<Record<string, string>>;
}

/**
 * Kernel command line of the agent's ramdisk. When a key stands twice the agent takes the last one, so what Ironic sets comes after
 * what the operator appended.
 *
 * @throws RangeError when a value contains a control character, which would end the line in a boot loader's configuration
 */
export function agentKernelLine(parameters: AgentParameters): string {
  const {
    append = '',
    apiUrls,
    inspectionCallbackUrl,
    inspectionCollectors = [],
    agentToken,
    globalRequestId,
  } = parameters;
  const words: [string, string | undefined][] = [
    ['ipa-api-url', apiUrls.join(',')],
    ['ipa-inspection-callback-url', inspectionCallbackUrl],
    ['ipa-inspection-collectors', inspectionCollectors.length > 0 ? inspectionCollectors.join(',') : undefined],
    ['ipa-agent-token', agentToken],
    ['ipa-global-request-id', globalRequestId],
    ['ipa-debug', parameters.debug === true ? '1' : undefined],
    ['ipa-insecure', parameters.insecure === true ? '1' : undefined],
    ...Object.entries(parameters.agentSettings ?? {}).map(([key, value]): [string, string] => [`ipa-${key}`, value]),
    // The agent copies its configuration from the medium only when told that there is one.
    ['boot_method', parameters.medium === 'virtual-media' ? 'vmedia' : undefined],
  ];
  const own = words.flatMap(([key, value]) => (value === undefined ? [] : [formatParameter(key, value)]));
  return checkKernelLine([append.trim(), ...own].filter((part) => part !== '').join(' '));
}

/** `key=value`, with the value in double quotes when it contains white space, as the Linux kernel reads it. */
export function formatParameter(key: string, value: string): string {
  if (value.includes('"')) throw new RangeError(`the kernel parameter ${key} cannot contain a double quote`);
  return /\s/.test(value) ? `${key}="${value}"` : `${key}=${value}`;
}

/** Splits a kernel command line into its words and their values; a word without `=` has the value undefined. The last of a key wins. */
export function parseKernelLine(line: string): ReadonlyMap<string, string | undefined> {
  const parameters = new Map<string, string | undefined>();
  for (const [word] of line.matchAll(/(?:[^\s"]|"[^"]*")+/g)) {
    const [key = '', value] = word.split(/=(.*)/s);
    parameters.set(key.replaceAll('"', ''), value?.replaceAll('"', ''));
  }
  return parameters;
}

/** @throws RangeError for control characters */
export function checkKernelLine(line: string): string {
  if (/[\u0000-\u001f\u007f]/.test(line)) throw new RangeError('the kernel command line contains a control character');
  return line;
}
