import { type RedfishClient, pathOf } from './client.ts';
import { RedfishError } from './errors.ts';
import { listAt, numberAt, textAt } from './json.ts';
import type { CallOptions } from './transport.ts';

/** A long operation at a BMC, as its task monitor reports it (DSP0266, asynchronous operations). */
export interface TaskView {
  readonly state: 'running' | 'done' | 'failed';
  /** False for a task that has been taken and waits: for its turn, or for the machine to be restarted. */
  readonly begun: boolean;
  readonly percent: number | undefined;
  readonly messages: readonly string[];
  /** When to look again. */
  readonly retryAfterSeconds: number;
}

const waitingStates = new Set(['New', 'Starting', 'Pending', 'Suspended']);
const failedStates = new Set(['Exception', 'Killed', 'Cancelled', 'Cancelling', 'Interrupted']);

/** One look at a task monitor. A task that vanished is reported as failed: its success cannot be known. */
export async function readTask(client: RedfishClient, monitor: string, options: CallOptions = {}): Promise<TaskView> {
  const path = pathOf(monitor);
  try {
    const reply = await client.get(path, options);
    const state = textAt(reply.body, 'TaskState');
    const messages = listAt(reply.body, 'Messages')
      .map((item) => textAt(item, 'Message'))
      .filter((item): item is string => item !== undefined);
    const seen = {
      begun: state === undefined || !waitingStates.has(state),
      percent: numberAt(reply.body, 'PercentComplete'),
      messages,
      retryAfterSeconds: reply.retryAfterSeconds ?? 5,
    };
    if (state !== undefined && failedStates.has(state)) return { ...seen, state: 'failed' };
    const done = reply.status !== 202 && (state === undefined || state === 'Completed');
    return { ...seen, state: done ? 'done' : 'running' };
  } catch (error) {
    if (!RedfishError.is(error)) throw error;
    if (error.status === 404) return failed('the task is no longer known to the BMC');
    if (isOutcome(error)) return failed(error.message);
    throw error;
  }
}

/** Nothing that a BMC says of its operations: it asks to be asked again, or by somebody else. */
const notOfTheTask = new Set([401, 403, 408, 429, 502, 503, 504]);

/** Once the operation is over, its monitor answers as the operation would have: with the error, where there was one. */
function isOutcome({ status = 0, messageIds }: RedfishError): boolean {
  return status >= 400 && !notOfTheTask.has(status) && messageIds.length > 0;
}

function failed(message: string): TaskView {
  return { state: 'failed', begun: true, percent: undefined, messages: [message], retryAfterSeconds: 0 };
}
