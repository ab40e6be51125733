import { Fault, invalid } from '../faults.ts';
import { schemaCheck } from '../http/schema.ts';

const order = {
  anyOf: [
    { type: 'integer', minimum: 0 },
    { type: 'string', minLength: 1, pattern: '^[0-9]+$' },
  ],
};
const step = { type: 'string', minLength: 1 };
const args = { type: 'object' };

const manualInterfaces = ['vendor', 'power', 'management', 'firmware', 'deploy', 'bios', 'raid'];

const manualSteps = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      interface: { enum: manualInterfaces },
      step,
      args,
      order,
      execute_on_child_nodes: { type: 'boolean' },
      limit_child_node_execution: { type: 'array', items: { type: 'string' } },
    },
    required: ['interface', 'step'],
    additionalProperties: false,
  },
};

const deploySteps = {
  type: 'array',
  items: {
    type: 'object',
    properties: { interface: { enum: manualInterfaces }, step, args, priority: order },
    required: ['interface', 'step', 'args', 'priority'],
    additionalProperties: false,
  },
};

const checks = {
  clean: schemaCheck('clean_steps', manualSteps),
  service: schemaCheck('service_steps', manualSteps),
  deploy: schemaCheck('deploy_steps', deploySteps),
};

/** One step as a user asks for it. Manual steps run in the given order, deploy steps by priority. */
export interface UserStep {
  readonly interface: string;
  readonly step: string;
  readonly args?: Readonly<Record<string, unknown>>;
  readonly order?: number;
  readonly priority?: number;
}

/** Sending raw bytes to a BMC is refused unless the operator allows it, as upstream. */
const disallowed = new Set(['vendor.send_raw']);

/**
 * The steps of a clean, service or deploy request.
 *
 * @throws Fault (400) for a step that does not follow the schema, repeats another (deploy only) or is not allowed
 */
export function parseSteps(kind: keyof typeof checks, value: unknown): readonly UserStep[] {
  checks[kind](value);
  const steps = (value as ReadonlyArray<Record<string, unknown>>).map(normalised);
  const refused = steps.find((each) => disallowed.has(`${each.interface}.${each.step}`));
  if (refused !== undefined) {
    throw invalid(`Step ${refused.interface}.${refused.step} is not allowed by the configuration of this service.`);
  }
  if (kind === 'deploy') refuseRepeats(steps);
  return steps;
}

function normalised({ order: position, priority, ...rest }: Record<string, unknown>): UserStep {
  return {
    ...(rest as unknown as UserStep),
    ...(position === undefined ? {} : { order: Number(position) }),
    ...(priority === undefined ? {} : { priority: Number(priority) }),
  };
}

function refuseRepeats(steps: readonly UserStep[]): void {
  const seen = new Set<string>();
  for (const each of steps) {
    const key = `${each.interface}.${each.step}`;
    if (seen.has(key)) throw new Fault('invalid-argument', `Duplicate deploy steps: ${key}`);
    seen.add(key);
  }
}
