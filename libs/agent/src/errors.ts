/**
 * Why a call to an agent failed.
 *
 * - `unreachable`: it never got there; safe to send again.
 * - `unknown`: it was sent and no answer came; look at the command list before sending it again.
 * - `busy`: another command runs.
 * - `token`: the agent does not accept our token; it was replaced or rebooted.
 * - `tls`: its certificate is not the one its heartbeat announced.
 * - `refused`: bad parameters or an unknown command.
 * - `failed`: the command ran and failed; `message` is the agent's own.
 * - `aborted`: the caller's signal.
 */
export type AgentErrorKind = 'unreachable' | 'unknown' | 'busy' | 'token' | 'tls' | 'refused' | 'failed' | 'aborted';

export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly kind: AgentErrorKind;
  readonly command: string;
  readonly status: number | undefined;

  constructor(kind: AgentErrorKind, command: string, message: string, status?: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.command = command;
    this.status = status;
  }

  /** True when the call may be made again later as it is. */
  get retryable(): boolean {
    return this.kind === 'unreachable' || this.kind === 'unknown' || this.kind === 'busy';
  }

  static is(error: unknown): error is AgentError {
    return error instanceof Error && error.name === 'AgentError' && 'kind' in error;
  }
}

const unsent = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** Reads fields of anything thrown: an error may come from another realm, so it is not asked for its class. */
function field(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
}

function codeOf(error: unknown): string | undefined {
  let current: unknown = error;
  for (let depth = 0; depth < 5 && current !== undefined; depth += 1) {
    const code = field(current, 'code');
    if (typeof code === 'string') return code;
    current = field(current, 'cause');
  }
  return undefined;
}

/** Classifies an error of the HTTP client. `changes`: the call gives a command. */
export function connectionError(error: unknown, command: string, url: string, changes: boolean): AgentError {
  const code = codeOf(error);
  const said = field(error, 'message') || code || String(error);
  const isTls =
    code !== undefined && (/CERT|SELF_SIGNED|^ERR_TLS|^ERR_SSL|^EPROTO$/.test(code) || code.startsWith('UNABLE_TO'));
  const kind = isTls ? 'tls' : changes && !(code !== undefined && unsent.has(code)) ? 'unknown' : 'unreachable';
  return new AgentError(
    kind,
    command,
    `Could not reach the agent at ${url} for command ${command}: ${String(said)}`,
    undefined,
    error,
  );
}
