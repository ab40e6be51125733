import type { BareMetalHost, Metal3Data, Metal3DataClaim, Metal3DataTemplate, Metal3Machine } from '@metal3/metal3-api';
import { pausedAnnotation, type Cluster, type Machine } from '../cluster-api/kinds.ts';
import type { Subjects } from './rendering/subjects.ts';

export interface DataObservation {
  readonly data: Metal3Data;
  readonly template: Metal3DataTemplate | undefined;
  readonly claim: Metal3DataClaim | undefined;
  /** The Metal3Machine that owns the claim. */
  readonly metal3Machine: Metal3Machine | undefined;
  readonly machine: Machine | undefined;
  readonly cluster: Cluster | undefined;
  readonly host: BareMetalHost | undefined;
}

export type DataDecision =
  | { readonly kind: 'paused' }
  /** Something that is on its way. */
  | { readonly kind: 'wait'; readonly reason: string }
  /** Something that a person has to mend. */
  | { readonly kind: 'broken'; readonly message: string }
  | { readonly kind: 'render'; readonly template: Metal3DataTemplate; readonly subjects: Subjects }
  /** Give the addresses back, then go. */
  | { readonly kind: 'release' };

/** What to do with one machine's rendered data. Addresses are given back only when the claim has gone: until then they may be in use. */
export function decideData(observed: DataObservation): DataDecision {
  const { data, template, claim, metal3Machine, machine, cluster, host } = observed;
  if (data.metadata.deletionTimestamp !== undefined) {
    return claim === undefined ? { kind: 'release' } : { kind: 'wait', reason: 'its claim is still there' };
  }
  if (cluster?.spec.paused === true || data.metadata.annotations?.[pausedAnnotation] !== undefined) {
    return { kind: 'paused' };
  }
  const templateName = data.spec.template?.name;
  if (templateName === undefined) return broken('spec.template names no Metal3DataTemplate');
  if (claim === undefined) return { kind: 'wait', reason: `Metal3DataClaim ${data.spec.claim?.name} is not there` };
  if (template === undefined) return broken(`Metal3DataTemplate ${templateName} does not exist`);
  if (metal3Machine === undefined) return broken('the claim has no Metal3Machine as its owner');
  if (metal3Machine.spec.dataTemplate?.name !== templateName) {
    return broken(`Metal3Machine ${metal3Machine.metadata.name} does not use Metal3DataTemplate ${templateName}`);
  }
  if (machine === undefined) return { kind: 'wait', reason: 'the Machine is not known yet' };
  if (host === undefined) return { kind: 'wait', reason: 'the machine has no host yet' };
  const subjects = { machine, metal3machine: metal3Machine, baremetalhost: host };
  return { kind: 'render', template, subjects };
}

function broken(message: string): DataDecision {
  return { kind: 'broken', message };
}
