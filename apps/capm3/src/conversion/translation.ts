import { nameOf } from './machine.ts';

/** What is translated of an object; metadata is not. */
export interface Halves {
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** The way of one kind between v1beta1 and v1beta2. */
export interface Translation {
  /** @param kept what a way down put aside, of whatever form: clients may write it */
  up(object: Halves, kept: Halves | undefined): Halves;
  /** `kept`: what the old version has no field for. */
  down(object: Halves): { readonly object: Halves; readonly kept?: Halves };
}

/** The two ways of a spec or of a status. What the API server hands over has been checked against the version's schema. */
export interface Ways<Old, New> {
  readonly up: (old: Old) => New;
  readonly down: (present: New) => Old;
}

const unchanged: Ways<unknown, unknown> = { up: (old) => old, down: (present) => present };

/** A kind whose spec and status are translated one by one. */
export function halves<OldSpec, NewSpec, OldStatus, NewStatus>(
  spec: Ways<OldSpec, NewSpec>,
  status: Ways<OldStatus, NewStatus> = unchanged as Ways<OldStatus, NewStatus>,
): Translation {
  const both = (object: Halves, way: 'up' | 'down'): Halves => ({
    spec: (spec[way] as (half: unknown) => unknown)(object.spec ?? {}),
    ...(object.status !== undefined && { status: (status[way] as (half: unknown) => unknown)(object.status) }),
  });
  return { up: (object) => both(object, 'up'), down: (object) => ({ object: both(object, 'down') }) };
}

/** Kinds that differ in their references only: of those the new version keeps name and namespace. */
export function references(inSpec: readonly string[], inStatus: readonly string[]): Translation {
  const shortened = (fields: unknown, names: readonly string[]): object => {
    const { templateReference: _gone, ...rest } = fields as Record<string, unknown>;
    const entries = Object.entries(rest).map(([name, value]) => [
      name,
      names.includes(name) ? nameOf(value as object) : value,
    ]);
    return Object.fromEntries(entries.filter(([, value]) => value !== ''));
  };
  return halves(
    { up: (spec) => shortened(spec, inSpec), down: (spec) => spec },
    { up: (status) => shortened(status, inStatus), down: (status) => status },
  );
}

interface TemplateSpec {
  readonly template: { readonly metadata?: object; readonly spec: object };
}

/** Templates: the metadata of the template is what v1beta1 has no field for. */
export function template<Old extends object, New extends object, OldStatus, NewStatus>(
  inner: Ways<Old, New>,
  status?: Ways<OldStatus, NewStatus>,
): Translation {
  const outer = halves(
    {
      up({ template: { spec }, ...rest }: TemplateSpec): TemplateSpec {
        return { ...rest, template: { spec: inner.up(spec as Old) } };
      },
      down({ template: { spec }, ...rest }: TemplateSpec): TemplateSpec {
        return { ...rest, template: { spec: inner.down(spec as New) } };
      },
    },
    status,
  );
  return {
    up(object, kept) {
      const { spec, ...rest } = outer.up(object, kept) as { spec: TemplateSpec };
      const metadata = (kept?.spec as Partial<TemplateSpec> | undefined)?.template?.metadata;
      if (typeof metadata !== 'object') return { spec, ...rest };
      return { spec: { ...spec, template: { metadata, ...spec.template } }, ...rest };
    },
    down(object) {
      const { metadata } = (object.spec as TemplateSpec).template;
      const down = outer.down(object);
      return metadata === undefined ? down : { ...down, kept: { spec: { template: { metadata } } } };
    },
  };
}
