import { entryScript } from '../ipxe/entry-script.ts';
import { cleanPath } from './clean-path.ts';
import type { TftpFiles } from './ports.ts';

export interface TftpContent {
  /** Boot loaders and whatever else is to be had. */
  readonly files: TftpFiles;
  readonly httpUrl: () => string;
  /** The iPXE script of the machine with a MAC address; undefined when the text is no MAC address, or nothing is known yet. */
  readonly machineScript: (mac: string) => string | undefined;
}

/**
 * The entry script goes under the name that scripts have everywhere, and under the one that newer iPXE looks for beside itself
 * when nobody named it a script.
 */
const entryNames = new Set(['boot.ipxe', 'autoexec.ipxe']);

/** What TFTP serves: entry script, script by MAC address at `ipxe/<mac>`, files. */
export function tftpFiles({ files, httpUrl, machineScript }: TftpContent): TftpFiles {
  return {
    find(name) {
      const path = cleanPath(name) ?? '';
      if (entryNames.has(path) && httpUrl() !== '') return Promise.resolve(asFile(entryScript(httpUrl())));
      const mac = /^ipxe\/([^/]+)$/.exec(path)?.[1];
      const script = mac === undefined ? undefined : machineScript(mac);
      return script === undefined ? files.find(name) : Promise.resolve(asFile(script));
    },
  };
}

const asFile = (text: string) => ({ bytes: Buffer.from(text) });
