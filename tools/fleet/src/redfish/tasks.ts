import type { Bmc, Task } from './bmc.ts';
import { RedfishError } from './error.ts';
import { collection, healthy, link, type Answer, type RedfishRequest } from './request.ts';

export function taskService(): Record<string, unknown> {
  return {
    '@odata.id': '/redfish/v1/TaskService',
    '@odata.type': '#TaskService.v1_2_1.TaskService',
    Id: 'TaskService',
    Name: 'Tasks',
    ServiceEnabled: true,
    CompletedTaskOverWritePolicy: 'Oldest',
    Status: healthy,
    Tasks: link('/redfish/v1/TaskService/Tasks'),
  };
}

export function tasks({ bmc }: RedfishRequest): Record<string, unknown> {
  const members = (bmc.tasks ?? []).map(({ id }) => taskPath(bmc, id));
  return collection('/redfish/v1/TaskService/Tasks', 'TaskCollection', 'Tasks', members);
}

/** Task ids carry the machine's, since one service holds the tasks of all BMCs. */
const taskPath = ({ machine }: Bmc, id: string) => `/redfish/v1/TaskService/Tasks/${machine.identity.uuid}.${id}`;

/** A task; 202 while it runs, as some BMCs answer and sushy counts on. */
export function task(request: RedfishRequest): Answer {
  const found = findTask(request);
  return { status: isOpen(found) ? 202 : 200, body: taskBody(request.bmc, found) };
}

/** The task monitor: 202 while it runs, then the outcome (DSP0266 section 12.2). */
export function taskMonitor(request: RedfishRequest): Answer {
  const found = findTask(request);
  const body = taskBody(request.bmc, found);
  if (isOpen(found)) return { status: 202, body, headers: { location: request.call.path, 'retry-after': '1' } };
  if (found.state === 'Exception') throw new RedfishError('GeneralError', [found.message]);
  return { status: 200, body };
}

const isOpen = ({ state }: Task): boolean => state === 'New' || state === 'Running';

/** The answer to a request that goes on after it. */
export function accepted(bmc: Bmc, started: Task): Answer {
  const location = monitorPath(bmc, started);
  return { status: 202, body: taskBody(bmc, started), headers: { location, 'retry-after': '1' } };
}

const monitorPath = ({ machine }: Bmc, { id }: Task) =>
  `/redfish/v1/TaskService/TaskMonitors/${machine.identity.uuid}.${id}`;

function findTask(request: RedfishRequest): Task {
  const id = request.params['task']?.split('.')[1];
  const found = request.bmc.tasks?.find((candidate) => candidate.id === id);
  if (found === undefined) throw new RedfishError('ResourceMissingAtURI', [request.call.path]);
  return found;
}

export function taskBody(bmc: Bmc, found: Task): Record<string, unknown> {
  const ok = found.state !== 'Exception';
  return {
    '@odata.id': taskPath(bmc, found.id),
    '@odata.type': '#Task.v1_7_4.Task',
    Id: `${bmc.machine.identity.uuid}.${found.id}`,
    Name: found.name,
    TaskState: found.state,
    TaskStatus: ok ? 'OK' : 'Critical',
    PercentComplete: found.percent,
    StartTime: found.startedAt,
    ...(found.endedAt === undefined ? {} : { EndTime: found.endedAt }),
    Messages: [{ MessageId: 'Base.1.18.GeneralError', Message: found.message, Severity: ok ? 'OK' : 'Critical' }],
    ...(found.request === undefined ? {} : { Payload: payload(found.request) }),
    TaskMonitor: monitorPath(bmc, found),
  };
}

function payload({ method, path, body }: NonNullable<Task['request']>): Record<string, unknown> {
  return { HttpOperation: method, TargetUri: path, JsonBody: body.toString('utf8') };
}
