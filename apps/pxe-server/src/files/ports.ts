/** A file on this machine, named by its content. */
export interface LocalFile {
  /** SHA-256 of the content, hex. */
  readonly digest: string;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** What a server said about a file, kept to ask it later whether the file has changed. */
export interface Validators {
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
}

/** The answer of a server that was asked for a file. */
export type Fetched =
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'body';
      /** Bytes; undefined when the server does not say. */
      readonly size: number | undefined;
      readonly validators: Validators;
      /** Offset of the first byte; 0 unless the rest of a file was asked for and given. */
      readonly from: number;
      readonly body: AsyncIterable<Uint8Array>;
    };

/** What a request may say beside the URL. */
export interface FetchOptions {
  /** Sent to the server of the URL, not to those it redirects to. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes that are here already; with a strong validator the rest is given only if the file has not changed. */
  readonly resume?: { readonly from: number; readonly etag: string | undefined };
}

/** Gets files from elsewhere. */
export interface Fetcher {
  /**
   * @param known what was said last time; the answer may then be `unchanged`
   * @throws CodedError of imageErrors: unreachable, absent, refused, url
   */
  fetch(url: string, known: Validators | undefined, signal: AbortSignal, options?: FetchOptions): Promise<Fetched>;
}

export type HashAlgorithm = 'md5' | 'sha256' | 'sha512';

/** Computes digests of files without holding up the service. */
export interface Hasher {
  /** Hex digests, in the order asked. */
  digests(path: string, algorithms: readonly HashAlgorithm[], signal: AbortSignal): Promise<readonly string[]>;
}
