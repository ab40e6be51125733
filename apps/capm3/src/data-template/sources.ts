import { changesOf, relatedTo, type Source } from '@metal3/kube-controller';
import type { ObjectKey } from '@metal3/kube-client';
import { clusterNameLabel } from '../cluster-api/kinds.ts';
import type { TemplateCaches } from './controller.ts';

interface OfTemplate {
  readonly spec: { readonly template?: { readonly name?: string } };
}

/** What makes a template worth another look: itself, its claims and data, and a Cluster that is no longer paused. */
export function templateSources({ templates, dataClaims, data, clusters }: TemplateCaches): readonly Source[] {
  const templateOf = (namespace: string | undefined, object: OfTemplate | undefined): ObjectKey[] =>
    object?.spec.template?.name === undefined ? [] : [{ namespace, name: object.spec.template.name }];
  return [
    changesOf(templates),
    relatedTo(dataClaims, ({ key, before, after }) => templateOf(key.namespace, after ?? before)),
    relatedTo(data, ({ key, before, after }) => templateOf(key.namespace, after ?? before)),
    relatedTo(clusters, ({ key, before, after }) =>
      before?.spec.paused === after?.spec.paused
        ? []
        : dataClaims
            .list({
              namespace: key.namespace,
              where: ({ metadata }) => metadata.labels?.[clusterNameLabel] === key.name,
            })
            .flatMap((claim) => templateOf(key.namespace, claim)),
    ),
  ];
}
