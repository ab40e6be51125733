import type { ObjectKey } from '@metal3/kube-client';
import type { Seconds } from '../kernel.ts';
import { decideSwitches, switchStatus } from './decide.ts';
import type { SwitchCredentials } from './entry.ts';
import type { SwitchStore } from './ports.ts';

export interface SwitchSettings {
  /** Names of the Secrets for the configuration and the SSH keys, in the namespace of the switches. */
  readonly configsSecret: string;
  readonly credentialsSecret: string;
  /** Folder in which the networking service has the content of the latter. */
  readonly credentialsPath: string;
}

/** A Secret that is missing is not reported by a watch. */
const missingRecheck: Seconds = 10;

/**
 * One pass over the switches of a namespace, which make one configuration together: the key has the namespace for a name.
 *
 * @returns seconds until the next pass
 */
export function switchesReconciler(
  store: SwitchStore,
  { configsSecret, credentialsSecret, credentialsPath }: SwitchSettings,
  clock: { now(): number },
): (key: ObjectKey) => Promise<Seconds | undefined> {
  return async ({ name: namespace }) => {
    const switches = store.switchesOf(namespace);
    const credentials = new Map<string, SwitchCredentials>();
    for (const one of switches) credentials.set(one.metadata.name ?? '', await store.findCredentials(one));
    const { file, keys, entries, waitsForSecret } = decideSwitches({
      switches,
      credentials,
      keyFolder: credentialsPath,
    });
    const missing: string[] = [];
    // Keys first: the configuration names them.
    const contents = [
      [credentialsSecret, keys],
      [configsSecret, { 'switch-configs.conf': file }],
    ] as const;
    for (const [secret, content] of contents) {
      if (!(await store.fill(namespace, secret, content))) missing.push(`${namespace}/${secret}`);
    }
    for (const { of, entry } of entries) {
      await store.saveStatus(of, switchStatus(of, entry, missing, clock.now() / 1000));
    }
    const waits = waitsForSecret || (missing.length > 0 && switches.length > 0);
    return waits ? missingRecheck : undefined;
  };
}
