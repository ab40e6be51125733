import { invalidField, type FieldProblem } from '@metal3/kube-admission';
import type { Metal3Data, Metal3DataClaim } from '@metal3/metal3-api';

type Reference = { readonly name?: string; readonly namespace?: string } | undefined;

/** Two data objects of one index cannot be, because the index is in the name. */
export function dataProblems({ metadata, spec }: Metal3Data): readonly FieldProblem[] {
  const { index, template } = spec;
  if (index === undefined || !template?.name) return [];
  const name = `${template.name}-${index}`;
  // Of an object that is still to be named by the server nobody knows more.
  if (metadata.name === undefined || metadata.name === name) return [];
  return [invalidField('metadata.name', metadata.name, `must be <template>-<index>: ${name}`)];
}

export function dataUpdateProblems({ spec: before }: Metal3Data, { spec: after }: Metal3Data): readonly FieldProblem[] {
  const moved = (before.index ?? 0) !== (after.index ?? 0);
  return [
    ...(moved ? [invalidField('spec.index', after.index, 'cannot be modified')] : []),
    ...fixedReference('spec.template', before.template, after.template),
    ...fixedReference('spec.claim', before.claim, after.claim),
  ];
}

export function dataClaimProblems({ metadata, spec }: Metal3DataClaim): readonly FieldProblem[] {
  const { name = '', namespace = '' } = spec.template ?? {};
  const foreign = namespace !== '' && namespace !== metadata.namespace;
  return [
    ...(name === '' ? [invalidField('spec.template.name', name, 'must be set')] : []),
    ...(foreign ? [invalidField('spec.template.namespace', namespace, 'must be the namespace of the claim')] : []),
  ];
}

/** A claim stays with its template. */
export function dataClaimUpdateProblems(before: Metal3DataClaim, after: Metal3DataClaim): readonly FieldProblem[] {
  return [...dataClaimProblems(after), ...fixedReference('spec.template', before.spec.template, after.spec.template)];
}

function fixedReference(field: string, before: Reference, after: Reference): readonly FieldProblem[] {
  return (['name', 'namespace'] as const)
    .filter((part) => (before?.[part] ?? '') !== (after?.[part] ?? ''))
    .map((part) => invalidField(`${field}.${part}`, after?.[part] ?? '', 'cannot be modified'));
}
