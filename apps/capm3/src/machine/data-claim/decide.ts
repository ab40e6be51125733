import type { Metal3Data, Metal3DataClaim, Metal3Machine } from '@metal3/metal3-api';
import type { MachineSecrets } from '../association/host-spec.ts';

export interface DataClaimObservation {
  readonly metal3Machine: Metal3Machine;
  /** The claim of this machine: it has the machine's name. */
  readonly claim: Metal3DataClaim | undefined;
  /** The data that the claim was given. */
  readonly data: Metal3Data | undefined;
}

export type DataClaimDecision =
  /** The machine uses no template. */
  | { readonly kind: 'none' }
  | { readonly kind: 'invalid'; readonly message: string }
  | { readonly kind: 'create'; readonly template: string; readonly reason: string }
  | { readonly kind: 'wait'; readonly reason: string }
  | {
      readonly kind: 'ready';
      readonly renderedData: NonNullable<NonNullable<Metal3DataClaim['status']>['renderedData']>;
      readonly secrets: Pick<MachineSecrets, 'metaData' | 'networkData'>;
    };

/** What a machine with a data template has to wait for before its host gets an image. */
export function decideDataClaim({ metal3Machine, claim, data }: DataClaimObservation): DataClaimDecision {
  const { metadata, spec } = metal3Machine;
  const template = spec.dataTemplate?.name;
  if (spec.dataTemplate === undefined) return { kind: 'none' };
  if (template === undefined) return { kind: 'invalid', message: 'spec.dataTemplate names no Metal3DataTemplate' };
  const { namespace } = spec.dataTemplate;
  if (namespace !== undefined && namespace !== metadata.namespace) {
    const message = `spec.dataTemplate: Metal3DataTemplate ${namespace}/${template} is in another namespace than the machine`;
    return { kind: 'invalid', message };
  }
  if (claim === undefined) return { kind: 'create', template, reason: `data of template ${template} is being claimed` };
  if (claim.metadata.deletionTimestamp !== undefined) {
    return { kind: 'wait', reason: `an old Metal3DataClaim ${claim.metadata.name} is still being deleted` };
  }
  if (claim.status?.errorMessage) return { kind: 'wait', reason: claim.status.errorMessage };
  const renderedData = claim.status?.renderedData;
  if (renderedData?.name === undefined || data === undefined) {
    return { kind: 'wait', reason: `Metal3DataTemplate ${template} has not given any data yet` };
  }
  if (data.status?.ready !== true) {
    return { kind: 'wait', reason: data.status?.errorMessage ?? `Metal3Data ${renderedData.name} is not ready` };
  }
  const { metaData, networkData } = data.spec;
  return { kind: 'ready', renderedData, secrets: { metaData, networkData } };
}
