/** How to reach one API server, and as whom. */
export interface ClusterAccess {
  /** Such as https://10.0.0.1:6443, with a path if the server is behind one. */
  readonly server: string;
  readonly tls: {
    /** PEM; the system's authorities if left out. */
    readonly ca?: string | undefined;
    /** Checked instead of the server's host name. */
    readonly serverName?: string | undefined;
    readonly insecure?: boolean;
  };
  /** The namespace that this access speaks of by default. */
  readonly namespace: string;
  readonly credentials: Credentials;
}

/** What proves who we are. */
export interface Credential {
  /** The value of the Authorization header. */
  readonly authorization?: string | undefined;
  /** PEM client certificate and key. */
  readonly certificate?: { readonly cert: string; readonly key: string } | undefined;
}

/** A credential that may have to be fetched and may expire. */
export interface Credentials {
  /** The present one; fetched anew when it has expired. */
  current(): Promise<Credential>;
  /** The server has refused the present one (401): fetch a new one next time. */
  refused(): void;
}

/** The configuration cannot be used; the message names the file, the field and what to do. */
export class ClusterAccessError extends Error {
  override name = 'ClusterAccessError';
  readonly code = 'KUBE-ACCESS';
}

/** A credential that never changes. */
export function fixedCredential(credential: Credential): Credentials {
  return { current: () => Promise.resolve(credential), refused: () => {} };
}
