import { AgentError } from '@metal3/agent';
import { maskText } from '@metal3/node';
import { InvalidDriverInfo, RedfishError } from '@metal3/redfish';
import { isCodedError } from '@metal3/service';
import { IpmiError } from '../hardware-types/ipmi/errors.ts';
import type { Effect } from './effects.ts';

/** Something is wrong that trying again does not mend. The message goes to `last_error`. */
export class EffectProblem extends Error {
  override readonly name = 'EffectProblem';
}

/** Something passing is in the way: the same effect is worth another try. */
export class PassingProblem extends Error {
  override readonly name = 'PassingProblem';
}

/** True when the effect may succeed later without a person's help. */
export function isPassing(error: unknown, effect: Effect): boolean {
  if (RedfishError.is(error)) {
    // A BMC in the middle of a transition answers 400 or 409 to power and media changes that it accepts a little later.
    const patient = ['set-power', 'insert-media', 'insert-config-drive', 'set-boot-device', 'set-http-boot'].includes(
      effect.kind,
    );
    return error.retryable || (error.kind === 'refused' && patient);
  }
  if (AgentError.is(error) || IpmiError.is(error)) return error.retryable;
  if (isCodedError(error)) return error.class === 'transient';
  return error instanceof PassingProblem;
}

/**
 * The words of an error, fit for `last_error`, logs and traces: BMCs and agents may say anything, but no database keeps NUL characters, and nobody is to
 * read the password in the URL of an image there.
 */
export function wordsOf(error: unknown): string {
  const said = error instanceof Error && error.message !== '' ? error.message : `Unexpected error: ${String(error)}`;
  return maskText(said.replaceAll('\0', ''));
}

/** Errors that say what is wrong; anything else is a defect of ours and is logged with its stack. */
export function isExpected(error: unknown): boolean {
  return (
    RedfishError.is(error) ||
    IpmiError.is(error) ||
    AgentError.is(error) ||
    isCodedError(error) ||
    error instanceof EffectProblem ||
    error instanceof PassingProblem ||
    error instanceof InvalidDriverInfo
  );
}

/** True when the effect may have reached the machine all the same, so that its intent stays open. */
export function isAmbiguous(error: unknown): boolean {
  const isCall = RedfishError.is(error) || IpmiError.is(error) || AgentError.is(error);
  return isCall && (error.kind === 'unknown' || error.kind === 'aborted');
}
