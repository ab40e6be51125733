import type { Condition, LegacyCondition } from '@metal3/metal3-api';
import { present } from './present.ts';

/** The fields about health and readiness that every status of v1beta1 has. */
export interface OldHealth {
  readonly conditions?: LegacyCondition[];
  readonly v1beta2?: { readonly conditions?: Condition[] };
  readonly ready?: boolean;
  readonly failureReason?: string;
  readonly failureMessage?: string;
}

/** The same in v1beta2: conditions changed places, the failure fields live on as deprecated. */
export interface NewHealth {
  readonly conditions?: Condition[];
  readonly initialization?: { readonly provisioned?: boolean };
  readonly deprecated?: {
    readonly v1beta1?: {
      readonly conditions?: LegacyCondition[];
      readonly failureReason?: string;
      readonly failureMessage?: string;
    };
  };
}

/** Conditions are not translated between the two worlds, only put where each version keeps them. */
export function newHealth({ conditions, v1beta2, ready, failureReason, failureMessage }: OldHealth): NewHealth {
  const legacy = present({ conditions, failureReason, failureMessage });
  return present({
    conditions: v1beta2?.conditions,
    initialization: ready === undefined ? undefined : { provisioned: ready },
    deprecated: Object.keys(legacy).length > 0 ? { v1beta1: legacy } : undefined,
  });
}

export function oldHealth({ conditions, initialization, deprecated }: NewHealth): OldHealth {
  return present({
    conditions: deprecated?.v1beta1?.conditions,
    v1beta2: conditions === undefined ? undefined : { conditions },
    ready: initialization?.provisioned,
    failureReason: deprecated?.v1beta1?.failureReason,
    failureMessage: deprecated?.v1beta1?.failureMessage,
  });
}
