import { Type } from 'typebox';
import { duration } from './config/types.ts';
import { checkRelease, type ReleaseCheck, type ReleaseStep } from './release-check.ts';

/** The settings that every check program of endpoints has. */
export const endpointCheckSettings = {
  health: Type.String({ default: 'http://127.0.0.1:8080', flag: 'health', description: 'URL of the health port' }),
  timeout: duration({ default: '60s', flag: 'timeout', description: 'When to give up' }),
};

/** Something that must answer before a release can be said to work. */
export interface Endpoint {
  /** What it means that it answers, as a sentence. */
  readonly means: string;
  readonly url: string;
}

/** The longest wait for one answer, in milliseconds. */
const answerMs = 5_000;

/** Answers whether a release works: all endpoints answer 200 to GET. Each is reported; the first that does not in time ends the check. */
export function checkEndpoints(endpoints: readonly Endpoint[], check: ReleaseCheck): Promise<boolean> {
  const steps = endpoints.map(({ means, url }): ReleaseStep => [means, (signal) => answers(url, signal)]);
  return checkRelease(steps, check, AbortSignal.timeout(check.timeoutMs + answerMs));
}

/** @throws what is wrong */
async function answers(url: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]) }).catch(
    ({ message, cause }: Error & { readonly cause?: Error }) => {
      throw new Error(`${url} cannot be reached: ${cause?.message ?? message}`);
    },
  );
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${url} answers ${response.status}: ${text.trim().slice(0, 500)}`);
}
