import type { BareMetalSwitch, BareMetalSwitchStatus } from '@metal3/metal3-api';
import type { SwitchCredentials } from './entry.ts';

/** Where switches and the Secrets about them are kept. */
export interface SwitchStore {
  switchesOf(namespace: string): readonly BareMetalSwitch[];
  /** Reads the Secret that a switch names in its own namespace, and makes it belong to the switch. */
  findCredentials(of: BareMetalSwitch): Promise<SwitchCredentials>;
  /** Makes this the whole content of a Secret that is there. @returns false if it is not there */
  fill(namespace: string, secret: string, content: Readonly<Record<string, string>>): Promise<boolean>;
  saveStatus(of: BareMetalSwitch, status: BareMetalSwitchStatus): Promise<void>;
}
