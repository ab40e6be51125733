import { setCondition, type ConditionFinding } from '@metal3/kube-controller';
import type { BareMetalSwitch, BareMetalSwitchStatus } from '@metal3/metal3-api';
import type { Instant } from '../kernel.ts';
import { entryOf, type SwitchCredentials, type SwitchEntry } from './entry.ts';

export interface SwitchesView {
  /** All of one namespace, those on their way out left out. */
  readonly switches: readonly BareMetalSwitch[];
  /** By the name of the switch. */
  readonly credentials: ReadonlyMap<string, SwitchCredentials>;
  readonly keyFolder: string;
}

export interface SwitchesDecision {
  /** The configuration of all switches that are as they should be. */
  readonly file: string;
  /** SSH keys by the names of their files. */
  readonly keys: Readonly<Record<string, string>>;
  readonly entries: readonly { readonly of: BareMetalSwitch; readonly entry: SwitchEntry }[];
  /** A Secret is missing, which no watch reports. */
  readonly waitsForSecret: boolean;
}

const header = '# This file is managed by the Baremetal Operator\n\n';

/** The configuration that the switches of a namespace make together. One that is wrong is left out, and keeps nobody else out. */
export function decideSwitches({ switches, credentials, keyFolder }: SwitchesView): SwitchesDecision {
  const ordered = switches.toSorted((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1));
  const entries = ordered.map((of) => ({ of, entry: entryOf(of, credentials.get(nameOf(of)), keyFolder) }));
  const good = entries.flatMap(({ entry }) => (entry.kind === 'entry' ? [entry] : []));
  return {
    file: `${header}${good.map(({ section }) => section).join('')}`,
    keys: Object.fromEntries(good.flatMap(({ key }) => (key === undefined ? [] : [[key.file, key.content]]))),
    entries,
    waitsForSecret: entries.some(({ entry }) => entry.kind === 'bad' && entry.isMissing === true),
  };
}

/** What is told of a switch. @param missing names of the Secrets that the configuration should have been written to, and that are not there */
export function switchStatus(
  { metadata, status }: BareMetalSwitch,
  entry: SwitchEntry,
  missing: readonly string[],
  now: Instant,
): BareMetalSwitchStatus {
  const finding: ConditionFinding = {
    type: 'Valid',
    ...verdict(entry, missing),
    ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
  };
  return { ...status, conditions: setCondition(status?.conditions, finding, now * 1000) };
}

function verdict(entry: SwitchEntry, missing: readonly string[]): Omit<ConditionFinding, 'type'> {
  if (entry.kind === 'bad') return { status: 'False', reason: 'CredentialError', message: entry.message };
  if (missing.length > 0) {
    const message = `Secret ${missing.join(' and Secret ')} does not exist: make it, empty, for the configuration of switches`;
    return { status: 'False', reason: 'ConfigurationNotWritten', message };
  }
  return { status: 'True', reason: 'Reconciled' };
}

function nameOf({ metadata: { name = '' } }: BareMetalSwitch): string {
  return name;
}
