import type { JsonObject, Node } from '@metal3/node';
import type { NodeStore, UserRecord } from '@metal3/node-store';
import { traitsOfRunbook } from '../records/runbook-traits.ts';
import { Fault, invalid, notAcceptable, notFound } from '../faults.ts';
import type { UserStep } from './steps.ts';

/** Steps that were written down before: runbooks for cleaning and servicing, templates for deploying. */
export interface PreparedSteps {
  readonly runbook: UserRecord | undefined;
  readonly templates: readonly UserRecord[];
}

/**
 * What a provisioning request may draw upon, read before it is decided on.
 *
 * @throws Fault 406 for a runbook below 1.92, 404 for one that does not exist
 */
export async function findPreparedSteps(
  records: NodeStore['records'],
  body: Readonly<Record<string, unknown>>,
  minor: number,
): Promise<PreparedSteps> {
  const { runbook: ident, target } = body;
  const deploys = target === 'active' || target === 'deploy' || target === 'rebuild';
  const templates = deploys ? await records.list('deploy-template') : [];
  if (ident === undefined || ident === null) return { runbook: undefined, templates };
  if (minor < 92) throw notAcceptable();
  const runbook = await records.find('runbook', String(ident));
  if (runbook === undefined) throw notFound(`Runbook ${String(ident)} could not be found.`);
  return { runbook, templates };
}

/**
 * The request with the steps of its runbook in place of steps of its own.
 *
 * @throws Fault (400) when it has both, or the node lacks the trait of the runbook's name
 */
export function withRunbook(
  body: Readonly<Record<string, unknown>>,
  runbook: UserRecord | undefined,
  node: Node,
): Readonly<Record<string, unknown>> {
  const { runbook: _named, ...rest } = body;
  if (runbook === undefined) return rest;
  if (rest['clean_steps'] !== undefined || rest['service_steps'] !== undefined) {
    throw invalid('Give either steps or a runbook, not both');
  }
  const traits = [...traitsOfRunbook(runbook), ...(runbook.name === null ? [] : [runbook.name])];
  if (!traits.some((trait) => node.traits.includes(trait))) {
    throw invalid(
      `Node ${node.uuid} does not have the trait ${traits.join(' or ')} that runbook ${runbook.uuid} asks for.`,
    );
  }
  const field = { clean: 'clean_steps', service: 'service_steps' }[String(rest['target'])];
  if (field === undefined)
    throw new Fault(
      'invalid-argument',
      'A runbook is only valid when setting target provision state to clean or service',
    );
  return { ...rest, [field]: stepsOf(runbook), disable_ramdisk: runbook.body['disable_ramdisk'] ?? false };
}

/**
 * Deploy steps of a request together with those of the templates that the instance's traits name. A step that the request names itself
 * wins.
 */
export function withTemplates(
  asked: readonly UserStep[],
  templates: readonly UserRecord[],
  node: Node,
): readonly UserStep[] {
  const traits = node.instanceInfo['traits'];
  if (!Array.isArray(traits)) return asked;
  const named = new Set(asked.map((step) => `${step.interface}.${step.step}`));
  const added = templates
    .filter(({ name }) => name !== null && traits.includes(name))
    .flatMap((template) => stepsOf(template))
    .map((step) => ({ ...step, priority: Number(step['priority'] ?? 0) }) as unknown as UserStep)
    .filter((step) => !named.has(`${step.interface}.${step.step}`));
  return [...asked, ...added];
}

const stepsOf = ({ body }: UserRecord): readonly JsonObject[] => (body['steps'] ?? []) as readonly JsonObject[];
