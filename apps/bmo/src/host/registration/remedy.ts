import type { BareMetalHost } from '@metal3/metal3-api';

/** Ironic does not know of hosts and Secrets: what it says of a BMC is completed with what to do about it here. */
export function withRemedy(message: string, { spec }: Pick<BareMetalHost, 'spec'>): string {
  const { address = '', credentialsName = '' } = spec.bmc ?? {};
  const remedy = remedies.find(({ seen }) => seen.test(message))?.remedy(address, credentialsName);
  return remedy === undefined ? message : `${message.trimEnd().replace(/\.$/, '')}: ${remedy}`;
}

const remedies: readonly { readonly seen: RegExp; readonly remedy: (address: string, secret: string) => string }[] = [
  {
    seen: /\bHTTP 40[13]\b|unauthori[sz]ed|authentication failed/i,
    remedy: (_, secret) => `correct the username and password in Secret "${secret}"`,
  },
  {
    seen: /no conductor service registered which supports driver/i,
    remedy: (address) =>
      `${address} needs this hardware type in Ironic; most BMCs can be reached as redfish-virtualmedia:// too`,
  },
  {
    seen: /redfish_system_id to the path of one/,
    remedy: (address) => `that is the path in spec.bmc.address, now ${address}`,
  },
  {
    seen: /certificate|self.signed|\bTLS\b/i,
    remedy: () => 'give Ironic the authority of the BMC, or set spec.bmc.disableCertificateVerification to true',
  },
];
