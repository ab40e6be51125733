import { readFileSync } from 'node:fs';

/** One request to Ironic 39.0.0 and what it answered. */
export interface Exchange {
  readonly n: number;
  readonly note: string;
  readonly request: {
    readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
    readonly path: string;
    readonly version: string | null;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  };
}

const file = new URL('../../fixtures/ironic-39.0.0-rest.jsonl', import.meta.url);

export const exchanges: readonly Exchange[] = readFileSync(file, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Exchange);

/** What node a recording talks to. */
export const recordedBase = 'http://127.0.0.1:26389';
