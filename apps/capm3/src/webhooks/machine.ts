import { forbiddenField, type FieldProblem } from '@metal3/kube-admission';
import type { Metal3Machine, Metal3MachineTemplate } from '@metal3/metal3-api';
import { compileSelector, type HostSelector } from '../machine/host-choice/selector.ts';
import { imageProblems } from './image.ts';

const secrets = ['userData', 'metaData', 'networkData'] as const;

/** Secrets of another namespace are out of reach: a machine must not read what its author may not. */
export function machineProblems({ metadata, spec }: Metal3Machine): readonly FieldProblem[] {
  const foreign = secrets.filter((field) => {
    const namespace = spec[field]?.namespace ?? '';
    return namespace !== '' && namespace !== metadata.namespace;
  });
  return [
    ...imageProblems('spec', spec),
    ...foreign.map((field) => forbiddenField(`spec.${field}.namespace`, 'must be the namespace of the machine')),
  ];
}

/** A template may change: machines are made of it as it is then. */
export function machineTemplateProblems({ spec }: Metal3MachineTemplate): readonly FieldProblem[] {
  return imageProblems('spec.template.spec', spec.template.spec);
}

/** A selector that no host can ever match is let in, as it always was; the machine would say so only later. */
export function selectorWarnings(at: string, { hostSelector }: Metal3Machine['spec']): readonly string[] {
  const compiled = compileSelector(hostSelector as HostSelector | undefined);
  return compiled.kind === 'invalid' ? [compiled.reason.replace(/^spec\./, `${at}.`)] : [];
}
