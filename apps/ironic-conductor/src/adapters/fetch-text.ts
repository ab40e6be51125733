import { request } from 'undici';
import { EffectProblem, PassingProblem } from '../work/problems.ts';

const longest = 1024 * 1024;

export type FetchText = (
  url: string,
  signal: AbortSignal,
  headers?: Readonly<Record<string, string>>,
) => Promise<string>;

/** Fetches a small text, such as a checksum file. @throws PassingProblem, EffectProblem naming URL and cause */
export const fetchText: FetchText = async (url, signal, headers = {}) => {
  let status: number;
  let text: string;
  try {
    const response = await request(url, { headers, signal: AbortSignal.any([signal, AbortSignal.timeout(20_000)]) });
    status = response.statusCode;
    text = await response.body.text();
  } catch (error) {
    throw new PassingProblem(`Could not fetch ${url}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  if (status === 200 && text.length <= longest) return text;
  const words = `Could not fetch ${url}: ${status === 200 ? `it is longer than ${longest} bytes` : `HTTP ${status}`}`;
  throw status >= 500 ? new PassingProblem(words) : new EffectProblem(words);
};
