import { stringify } from 'yaml';
import type { KindDefinition, KindVersion } from '@metal3/metal3-api';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The CustomResourceDefinition manifest of a kind, as YAML with sorted keys so that diffs stay small. */
export function renderCrd(kind: KindDefinition<unknown>): string {
  const annotations = kind.annotations ?? {};
  const labels = kind.labels ?? {};
  return stringify(
    sorted({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: {
        name: `${kind.plural}.${kind.group}`,
        ...(Object.keys(annotations).length > 0 && { annotations }),
        ...(Object.keys(labels).length > 0 && { labels }),
      },
      spec: {
        group: kind.group,
        names: {
          kind: kind.kind,
          listKind: `${kind.kind}List`,
          plural: kind.plural,
          singular: kind.singular,
          ...(kind.shortNames.length > 0 && { shortNames: kind.shortNames }),
          ...(kind.categories.length > 0 && { categories: kind.categories }),
        },
        scope: 'Namespaced',
        versions: kind.versions.map(renderVersion),
      },
    } as unknown as Json),
    { lineWidth: 0 },
  );
}

function renderVersion(version: KindVersion) {
  return {
    name: version.name,
    served: true,
    storage: version.storage,
    ...(version.deprecated === true && { deprecated: true }),
    ...(version.columns !== undefined && { additionalPrinterColumns: version.columns }),
    ...(version.subresources !== undefined && {
      subresources: version.subresources === 'status' ? { status: {} } : {},
    }),
    schema: {
      openAPIV3Schema: {
        type: 'object',
        ...version.schemaOptions,
        properties: {
          apiVersion: { type: 'string' },
          kind: { type: 'string' },
          metadata: { type: 'object' },
          ...(version.spec !== undefined && { spec: version.spec }),
          ...(version.status !== undefined && { status: version.status }),
        },
      },
    },
  };
}

/** Drops what only TypeBox writes (`~` keys, empty `required` and `properties`) and sorts object keys. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value)
    .filter(([key, item]) => !key.startsWith('~') && !((key === 'required' || key === 'properties') && isEmpty(item)))
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}

function isEmpty(value: Json): boolean {
  return value !== null && typeof value === 'object' && Object.keys(value).length === 0;
}
