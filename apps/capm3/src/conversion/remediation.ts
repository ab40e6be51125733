import type { infrastructureV1Beta1 as v1beta1, infrastructureV1Beta2 as v1beta2 } from '@metal3/metal3-api';
import { goDuration, goDurationSeconds } from './go-duration.ts';
import { present, unlessEmpty } from './present.ts';

type OldStrategy = NonNullable<v1beta1.Metal3RemediationSpec['strategy']>;
type NewStrategy = NonNullable<v1beta2.Metal3RemediationSpec['strategy']>;
type NewPhase = v1beta2.Metal3RemediationStatus['phase'];

export function newRemediationSpec({ strategy }: v1beta1.Metal3RemediationSpec): v1beta2.Metal3RemediationSpec {
  return present({ strategy: strategy && newStrategy(strategy) });
}

export function oldRemediationSpec({ strategy }: v1beta2.Metal3RemediationSpec): v1beta1.Metal3RemediationSpec {
  return present({ strategy: strategy && oldStrategy(strategy) });
}

/** A zero of the old version means "not set"; where that is wrong, the checks say so, not the conversion. */
function newStrategy({ type, retryLimit, timeout }: OldStrategy): NewStrategy {
  return present({
    type: unlessEmpty(type) as NewStrategy['type'],
    retryLimit: unlessZero(retryLimit),
    timeoutSeconds: unlessZero(timeout === undefined ? undefined : secondsOf(timeout)),
  });
}

/** @throws TypeError: left out, it would silently be the default */
function secondsOf(timeout: string): number {
  const seconds = goDurationSeconds(timeout);
  if (seconds === undefined)
    throw new TypeError(`strategy.timeout: ${JSON.stringify(timeout)} is not a duration such as 10m or 600s`);
  return seconds;
}

function oldStrategy({ type, retryLimit, timeoutSeconds }: NewStrategy): OldStrategy {
  return present({ type, retryLimit, timeout: timeoutSeconds === undefined ? undefined : goDuration(timeoutSeconds) });
}

export function newRemediationStatus(status: v1beta1.Metal3RemediationStatus): v1beta2.Metal3RemediationStatus {
  const { lastRemediated, phase, retryCount } = status;
  return present({ lastRemediated, phase: unlessEmpty(phase) as NewPhase, retryCount: unlessZero(retryCount) });
}

/** The old version has the same fields, of wider types. */
export function oldRemediationStatus(status: v1beta2.Metal3RemediationStatus): v1beta1.Metal3RemediationStatus {
  return status;
}

export function newRemediationTemplateStatus(
  status: v1beta1.Metal3RemediationTemplateStatus,
): v1beta2.Metal3RemediationTemplateStatus {
  const inner = newRemediationStatus(status.status);
  return Object.keys(inner).length > 0 ? { status: inner } : {};
}

export function oldRemediationTemplateStatus(
  status: v1beta2.Metal3RemediationTemplateStatus,
): v1beta1.Metal3RemediationTemplateStatus {
  // The old version cannot do without.
  return { status: status.status ?? {} };
}

function unlessZero(value: number | undefined): number | undefined {
  return value === 0 ? undefined : value;
}
