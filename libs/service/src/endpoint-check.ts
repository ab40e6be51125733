import { Type } from 'typebox';
import type { Clock } from './clock.ts';
import { duration } from './config/types.ts';

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

export interface EndpointCheck {
  readonly clock: Clock;
  /** Milliseconds; what does not answer yet is asked again until then. */
  readonly timeoutMs: number;
  readonly report: (line: string) => void;
}

/** The longest wait for one answer, in milliseconds. */
const answerMs = 5_000;

/** Answers whether a release works: all endpoints answer 200 to GET. Each is reported; the first that does not in time ends the check. */
export async function checkEndpoints(
  endpoints: readonly Endpoint[],
  { clock, timeoutMs, report }: EndpointCheck,
): Promise<boolean> {
  const end = clock.now() + timeoutMs;
  for (const { means, url } of endpoints) {
    for (;;) {
      const problem = await whatIsWrong(url);
      if (problem === undefined) break;
      if (clock.now() >= end) {
        report(`FAILED ${means}: ${url} ${problem}`);
        return false;
      }
      await clock.sleep(1_000);
    }
    report(`ok     ${means}`);
  }
  return true;
}

async function whatIsWrong(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(answerMs) });
    const text = await response.text();
    return response.status === 200 ? undefined : `answers ${response.status}: ${text.trim().slice(0, 500)}`;
  } catch (error) {
    const { message, cause } = error as Error & { readonly cause?: Error };
    return `cannot be reached: ${cause?.message ?? message}`;
  }
}
