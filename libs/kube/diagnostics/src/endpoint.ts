/** As Kubernetes names them in rules about paths: the method in lower case. */
export type Verb = 'get' | 'put';

export interface Asked {
  readonly query: URLSearchParams;
  readonly body: string;
  /** Aborts when the caller has gone. */
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly body: string | Uint8Array;
  /** Of the body; plain text if left out. */
  readonly type?: string;
}

/** What is served under one path. */
export interface Endpoint {
  readonly verb: Verb;
  readonly answer: (asked: Asked) => Answer | Promise<Answer>;
}

export type Endpoints = Readonly<Record<string, Endpoint>>;
