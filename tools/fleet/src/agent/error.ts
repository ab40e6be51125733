/** The agent's own failures, with the types, codes and texts of the real one. */
const failures = {
  AgentIsBusy: { code: 409, message: 'Agent is busy' },
  CleaningError: { code: 500, message: 'Clean step failed' },
  CommandExecutionError: { code: 500, message: 'Command execution failed' },
  DeploymentError: { code: 500, message: 'Deploy step failed' },
  DeviceNotFound: {
    code: 404,
    message: 'Error finding the disk or partition device to deploy the image onto',
  },
  HardwareManagerMethodNotFound: { code: 500, message: 'No HardwareManager found to handle method' },
  ImageChecksumError: { code: 500, message: 'Error verifying image checksum' },
  ImageDownloadError: { code: 500, message: 'Error downloading image' },
  ImageDownloadFatalError: { code: 500, message: 'Error downloading image' },
  ImageWriteError: { code: 500, message: 'Error writing image to device' },
  InvalidCommandError: { code: 400, message: 'Invalid command' },
  InvalidCommandParamsError: { code: 400, message: 'Invalid command parameters' },
  InvalidImage: { code: 500, message: 'The provided image is not valid for use' },
  RequestedObjectNotFoundError: { code: 404, message: 'Not found' },
  ServicingError: { code: 500, message: 'Service step failed' },
  TypeError: { code: 500, message: 'Command execution failed' },
  VersionMismatch: {
    code: 409,
    message: 'Hardware managers version mismatch, reload agent with correct version',
  },
} as const;

export type AgentErrorType = keyof typeof failures;

/** An error as the agent's API shows it: `{type, code, message, details}` in a result, `message: details` in a fault. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly type: AgentErrorType;
  readonly code: number;
  readonly details: string;
  readonly #summary: string;

  constructor(type: AgentErrorType, details: string) {
    const { code, message } = failures[type];
    super(`${message}: ${details}`);
    this.type = type;
    this.code = code;
    this.details = details;
    this.#summary = message;
  }

  toJSON(): { type: string; code: number; message: string; details: string } {
    return { type: this.type, code: this.code, message: this.#summary, details: this.details };
  }
}

/** Any failure as an agent error, the way asynchronous commands report what they did not expect. */
export function asAgentError(error: unknown): AgentError {
  if (error instanceof AgentError) return error;
  return new AgentError('CommandExecutionError', error instanceof Error ? error.message : String(error));
}
