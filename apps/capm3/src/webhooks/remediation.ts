import { invalidField, type FieldProblem } from '@metal3/kube-admission';
import type { Metal3Remediation, Metal3RemediationTemplate } from '@metal3/metal3-api';
import { defaultStrategy } from '../remediation/decide.ts';

type Strategy = NonNullable<Metal3Remediation['spec']['strategy']>;

const leastTimeoutSeconds = 100;

export function defaultRemediationTemplate(draft: Metal3RemediationTemplate): void {
  const strategy = (draft.spec.template.spec.strategy ??= {});
  strategy.type ||= defaultStrategy.type;
  strategy.timeoutSeconds ||= defaultStrategy.timeoutSeconds;
  if ((strategy.retryLimit ?? 0) < 1) strategy.retryLimit = defaultStrategy.retryLimit;
}

/** @param at path of the strategy's parent, such as `spec` */
export function strategyProblems(at: string, strategy: Strategy | undefined): readonly FieldProblem[] {
  if (strategy === undefined) return [];
  const { type, timeoutSeconds = 0, retryLimit } = strategy;
  const field = `${at}.strategy`;
  const short = timeoutSeconds !== 0 && timeoutSeconds < leastTimeoutSeconds;
  const minimum = `must be ${leastTimeoutSeconds} at least`;
  return [
    ...(type === 'Reboot'
      ? []
      : [invalidField(`${field}.type`, type ?? '', 'is not supported: Reboot is the only one')]),
    ...(short ? [invalidField(`${field}.timeoutSeconds`, timeoutSeconds, minimum)] : []),
    ...((retryLimit ?? defaultStrategy.retryLimit) >= 1
      ? []
      : [invalidField(`${field}.retryLimit`, retryLimit, 'must be 1 at least')]),
  ];
}
