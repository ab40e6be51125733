import type { OfferedSteps } from '@metal3/agent';
import { type NodeStep, orderSteps } from '@metal3/node';
import { type ConductorSteps, isOwn, isReserved, type StepPlan } from '../cleaning/plan.ts';
import type { DeployInterface } from './instance.ts';

const step = (name: string, priority: number): NodeStep => ({ interface: 'deploy', step: name, priority });

const agentDeploy: readonly NodeStep[] = [
  step('prepare_instance_boot', 60),
  step('tear_down_agent', 40),
  step('switch_to_tenant_network', 30),
  step('boot_instance', 20),
];

const driverSteps: { readonly [deploy in DeployInterface]: readonly NodeStep[] } = {
  direct: [step('write_image', 80), ...agentDeploy],
  'custom-agent': agentDeploy,
  ramdisk: [],
  fake: [],
};

/** Names of the steps that the conductor carries out in a deployment; all others are the agent's. */
const conductorSteps = new Set(agentDeploy.map((known) => known.step));

export function isConductorDeployStep(known: NodeStep): boolean {
  return known.interface === 'deploy' && conductorSteps.has(known.step);
}

/**
 * The steps of a deployment, highest priority first. A requested step replaces the driver's of the same name; priority 0 switches it off;
 * what neither agent nor conductor knows is a problem. `own`: steps that a node's interfaces carry out by the BMC.
 */
export function planDeployment(
  deploy: DeployInterface,
  wanted: readonly NodeStep[],
  offered: OfferedSteps,
  own: ConductorSteps,
): StepPlan {
  const same = (left: NodeStep, right: { readonly interface: string; readonly step: string }): boolean =>
    left.step === right.step && left.interface === right.interface;
  const problems = wanted
    .filter((asked) => (asked.priority ?? 0) > 0)
    .filter(
      (asked) =>
        !isConductorDeployStep(asked) &&
        !isReserved(asked) &&
        !isOwn(asked, own) &&
        !offered.steps.some((known) => same(asked, known)),
    )
    .map(
      (asked) =>
        `node does not support this deploy step: ${JSON.stringify({ interface: asked.interface, step: asked.step })}`,
    );
  if (problems.length > 0) return { kind: 'problem', message: problems.join('; ') };
  const kept = driverSteps[deploy].filter((known) => !wanted.some((asked) => same(asked, known)));
  return { kind: 'steps', list: orderSteps([...kept, ...wanted]) };
}
