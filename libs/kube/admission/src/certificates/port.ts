/** Certificate chain and private key, PEM. */
export interface ServingCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Where a webhook server gets its certificate from. */
export interface ServingCertificates {
  /** The present one; waits for the first. */
  current(signal: AbortSignal): Promise<ServingCertificate>;
  /** Tells of each replacement until the signal aborts; never fails. */
  watch(replaced: (next: ServingCertificate) => void, signal: AbortSignal): Promise<void>;
}
