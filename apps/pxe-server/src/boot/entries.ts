import { parseKernelLine } from '@metal3/boot-artifacts';
import type { BootEntry } from '@metal3/boot-client';

/** The boot entries as machines ask for them: by capability and by MAC address. */
export interface BootEntries {
  /** Takes over one entry; undefined when it is gone. */
  changed(nodeUuid: string, entry: BootEntry | undefined): void;
  byCapability(capability: string): BootEntry | undefined;
  byMac(mac: string): BootEntry | undefined;
  /** Resolves with the node's entry once it has this capability; rejects when the signal aborts. */
  appearance(nodeUuid: string, capability: string, signal: AbortSignal): Promise<BootEntry>;
  all(): Iterable<BootEntry>;
}

/** `AA-BB-CC-00-11-22` and `aabbcc001122` -> `aa:bb:cc:00:11:22`; undefined when it is no MAC address. */
export function readMac(text: string): string | undefined {
  const digits = text.toLowerCase().replace(/[:.-]/g, '');
  return /^[0-9a-f]{12}$/.test(digits) ? digits.replace(/(..)(?!$)/g, '$1:') : undefined;
}

/** A MAC address in a URL: iPXE writes `:` as `%3A` when it asks. */
export const macInUrl = (mac: string): string => mac.replaceAll(':', '-');

/**
 * True for an entry that any machine with the MAC address may be given. What is meant for virtual media carries the agent's token on
 * its kernel line, which nobody else on the network may see.
 */
export function servesNetworkBoot({ kernelParameters }: Pick<BootEntry, 'kernelParameters'>): boolean {
  const parameters = parseKernelLine(kernelParameters);
  return parameters.get('boot_method') !== 'vmedia' && !parameters.has('ipa-agent-token');
}

export function bootEntries(): BootEntries {
  const entries = new Map<string, BootEntry>();
  const nodeByCapability = new Map<string, string>();
  const nodeByMac = new Map<string, string>();
  const waiting = new Map<string, Set<(entry: BootEntry) => void>>();

  function drop(nodeUuid: string): void {
    const before = entries.get(nodeUuid);
    if (before === undefined) return;
    entries.delete(nodeUuid);
    nodeByCapability.delete(before.capability);
    for (const mac of before.macAddresses) {
      const key = readMac(mac) ?? mac;
      // A MAC address may have moved to another node meanwhile.
      if (nodeByMac.get(key) === nodeUuid) nodeByMac.delete(key);
    }
  }

  const found = (nodeUuid: string | undefined) => (nodeUuid === undefined ? undefined : entries.get(nodeUuid));
  return {
    changed(nodeUuid, entry) {
      drop(nodeUuid);
      if (entry === undefined) return;
      entries.set(nodeUuid, entry);
      if (entry.capability !== '') nodeByCapability.set(entry.capability, nodeUuid);
      for (const mac of entry.macAddresses) nodeByMac.set(readMac(mac) ?? mac, nodeUuid);
      for (const wake of waiting.get(entry.capability) ?? []) wake(entry);
    },
    byCapability: (capability) => found(nodeByCapability.get(capability)),
    byMac: (mac) => found(nodeByMac.get(mac)),
    all: () => entries.values(),
    appearance(nodeUuid, capability, signal) {
      const here = entries.get(nodeUuid);
      if (here?.capability === capability) return Promise.resolve(here);
      return new Promise((resolve, reject) => {
        const waiters = waiting.get(capability) ?? new Set();
        const done = () => {
          waiters.delete(wake);
          if (waiters.size === 0) waiting.delete(capability);
          signal.removeEventListener('abort', aborted);
        };
        const wake = (entry: BootEntry) => {
          if (entry.nodeUuid !== nodeUuid) return;
          done();
          resolve(entry);
        };
        const aborted = () => {
          done();
          reject(signal.reason);
        };
        if (signal.aborted) {
          reject(signal.reason);
          return;
        }
        waiters.add(wake);
        waiting.set(capability, waiters);
        signal.addEventListener('abort', aborted, { once: true });
      });
    },
  };
}
