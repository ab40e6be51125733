import { request, type Dispatcher } from 'undici';
import { imageErrors } from '../errors.ts';
import type { Fetched, Fetcher, FetchOptions, Validators } from './ports.ts';

const redirectsFollowed = 5;

/** Fetches over HTTP and HTTPS. A download that stalls for `stallMs` fails; there is no limit on the whole. */
export function httpFetcher(stallMs: number): Fetcher {
  async function ask(
    url: string,
    known: Validators | undefined,
    signal: AbortSignal,
    { headers = {}, resume }: FetchOptions,
  ): Promise<Dispatcher.ResponseData> {
    try {
      return await request(url, {
        signal,
        headersTimeout: stallMs,
        bodyTimeout: stallMs,
        headers: {
          ...headers,
          ...(resume === undefined ? {} : { range: `bytes=${resume.from}-` }),
          ...(resume?.etag === undefined ? {} : { 'if-range': resume.etag }),
          ...(known?.etag === undefined ? {} : { 'if-none-match': known.etag }),
          ...(known?.lastModified === undefined ? {} : { 'if-modified-since': known.lastModified }),
        },
      });
    } catch (error) {
      if (signal.aborted) throw error;
      throw imageErrors.unreachable(`${url}: ${describe(error)}`, { cause: error, details: { url } });
    }
  }

  return {
    async fetch(given, known, signal, options = {}): Promise<Fetched> {
      let url = given;
      let more = options;
      for (let hop = 0; ; hop++) {
        if (!/^https?:\/\//.test(url)) throw imageErrors.url(`${url} is not an http(s) URL`, { details: { url } });
        const { statusCode, headers, body } = await ask(url, known, signal, more);
        const from = statusCode === 206 ? startOf(single(headers['content-range'])) : 0;
        if (statusCode === 200 || (statusCode === 206 && from === more.resume?.from)) {
          const length = Number(headers['content-length']);
          return {
            kind: 'body',
            size: headers['content-length'] === undefined || Number.isNaN(length) ? undefined : length,
            validators: { etag: single(headers['etag']), lastModified: single(headers['last-modified']) },
            from: from ?? 0,
            body: readable(body, url, signal),
          };
        }
        await body.dump().catch(() => {});
        if (statusCode === 304 && known !== undefined) return { kind: 'unchanged' };
        const location = single(headers['location']);
        if (statusCode >= 300 && statusCode < 400 && location !== undefined && hop < redirectsFollowed) {
          const next = new URL(location, url);
          // What the first server wants to know is nobody else's business.
          if (next.origin !== new URL(url).origin) more = { ...more, headers: {} };
          url = next.href;
          continue;
        }
        if (statusCode === 416 && more.resume !== undefined) {
          // There is less than what is here, so it is another file: all of it.
          const { resume: _, ...rest } = more;
          more = rest;
          continue;
        }
        const sentence = `${url} answered ${statusCode}`;
        const options = { details: { url, status: String(statusCode) } };
        if (statusCode === 404 || statusCode === 410) throw imageErrors.absent(sentence, options);
        if (statusCode >= 500 || statusCode === 429) throw imageErrors.unreachable(sentence, options);
        throw imageErrors.refused(sentence, options);
      }
    },
  };
}

async function* readable(
  body: AsyncIterable<Uint8Array>,
  url: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    if (signal.aborted) throw error;
    throw imageErrors.truncated(`${url}: the download broke off (${describe(error)})`, {
      cause: error,
      details: { url },
    });
  }
}

/** First byte of `bytes 100-199/200`; undefined when the header is malformed. */
const startOf = (range: string | undefined): number | undefined => {
  const first = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(range ?? '')?.[1];
  return first === undefined ? undefined : Number(first);
};

const single = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);

/** undici's errors often have an empty message and the reason in the cause or the code. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  return [error.message, code].filter((part) => part !== '').join(' ') || error.name;
}
