import { type NodeInterfaces, type NodeStep, speaksRedfish } from '@metal3/node';
import { type ConductorSteps, isOwn, isReserved } from './cleaning/plan.ts';

const biosSteps: ConductorSteps = [
  { interface: 'bios', step: 'apply_configuration' },
  { interface: 'bios', step: 'factory_reset' },
];
const raidSteps: ConductorSteps = [
  { interface: 'raid', step: 'create_configuration' },
  { interface: 'raid', step: 'delete_configuration' },
  { interface: 'raid', step: 'apply_configuration' },
];
/** Of the vendor interface of IPMI. */
const rawStep = { interface: 'vendor', step: 'send_raw' } as const;
const fakeSteps: ConductorSteps = [
  ...biosSteps,
  ...raidSteps,
  { interface: 'firmware', step: 'update' },
  { interface: 'deploy', step: 'erase_devices' },
  { interface: 'deploy', step: 'erase_devices_metadata' },
];

/** The clean and service steps that are carried out without the agent, by the node's interfaces. */
export function ownSteps(interfaces: NodeInterfaces): ConductorSteps {
  const steps: { interface: ConductorSteps[number]['interface']; step: string }[] = [];
  if (speaksRedfish(interfaces.bios)) steps.push(...biosSteps);
  if (speaksRedfish(interfaces.raid)) steps.push(...raidSteps);
  if (interfaces.vendor === 'ipmitool') steps.push(rawStep);
  if (speaksRedfish(interfaces.firmware)) steps.push({ interface: 'firmware', step: 'update' });
  for (const step of fakeSteps) {
    if (interfaces[step.interface] === 'fake' && !isOwn(step, steps)) steps.push(step);
  }
  return steps;
}

/** Those of a deployment: volumes can be made for the image that is about to be written. */
export function ownDeploySteps(interfaces: NodeInterfaces): ConductorSteps {
  return speaksRedfish(interfaces.raid) ? raidSteps : [];
}

/** True when the conductor runs the step and the agent does not. */
export function isConductorStep(step: NodeStep, interfaces: NodeInterfaces): boolean {
  return isReserved(step) || isOwn(step, ownSteps(interfaces));
}
