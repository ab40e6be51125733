import { option, type BootClientFacts, type Ipv4 } from '@metal3/dhcp';
import type { Loaders } from '../ipxe/loaders.ts';

/** What boots a machine, as far as DHCP has to say. */
export interface BootAnswer {
  /** File name for TFTP, or a URL. */
  readonly file: string;
  /** The TFTP server; undefined for a URL. */
  readonly tftpServer: Ipv4 | undefined;
  /** Firmware takes an answer only when this option comes back as it expects it; undefined for none. */
  readonly vendorClass: 'HTTPClient' | undefined;
}

export interface BootSources {
  readonly loaders: Loaders;
  /** Base URL of pxe-server as machines reach it, without a slash at the end; empty while it is not known. */
  readonly httpUrl: string;
  readonly tftpServer: Ipv4;
}

/**
 * The next program for whoever asks: firmware gets iPXE, by TFTP or HTTP as it prefers; iPXE gets its script, or else it would load
 * itself for ever. An iPXE that cannot fetch by HTTP is replaced by ours, which can. Undefined when there is nothing for this machine.
 */
export function decideBoot(facts: BootClientFacts | undefined, sources: BootSources): BootAnswer | undefined {
  if (facts === undefined) return undefined;
  const { loaders, httpUrl, tftpServer } = sources;
  const url = (path: string, vendorClass?: 'HTTPClient'): BootAnswer | undefined =>
    httpUrl === '' ? undefined : { file: `${httpUrl}/${path}`, tftpServer: undefined, vendorClass };
  if (facts.program === 'ipxe' && facts.fetchesHttp) return url('boot.ipxe');
  // A firmware that does not say what it is has been a BIOS since before anybody could ask.
  const { firmware } = facts.architecture;
  const loader = loaders.get(firmware);
  if (loader === undefined) return undefined;
  return facts.program === 'http'
    ? url(`loaders/${loader}`, 'HTTPClient')
    : { file: loader, tftpServer, vendorClass: undefined };
}

/**
 * Option 43 of a PXE answer (PXE 2.1 section 2.2.3): discovery control 8, "take the boot file named here, look for no boot server".
 */
export const pxeTakeThisFile: Uint8Array = Uint8Array.of(6, 1, 8, option.end);
