/**
 * Why Ironic did not do what was asked.
 *
 * | code | meaning | what to do |
 * |---|---|---|
 * | busy | the node is locked, or has changed since it was read | ask again shortly |
 * | absent | no such node | enrol it |
 * | conflict | the thing exists already | a person must resolve it, unless it is ours |
 * | refused | invalid request for this node in this state | report it |
 * | denied | our credentials are not accepted by Ironic | configuration |
 * | unavailable | no answer, or no conductor | wait until Ironic is back |
 */
export type ProvisionerErrorCode = 'busy' | 'absent' | 'conflict' | 'refused' | 'denied' | 'unavailable';

export class ProvisionerError extends Error {
  override readonly name = 'ProvisionerError';
  readonly code: ProvisionerErrorCode;

  constructor(code: ProvisionerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Runs `ask` and gives undefined where Ironic answers with `code`. */
export async function unless<Answer>(code: ProvisionerErrorCode, ask: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await ask;
  } catch (error) {
    if (error instanceof ProvisionerError && error.code === code) return undefined;
    throw error;
  }
}
