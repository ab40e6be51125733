import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Kind, KubeClient, KubeObject } from '@metal3/kube-client';
import { parseAllDocuments } from 'yaml';

/** The values of an example's ${...}. */
export type Values = Readonly<Record<string, string>>;

/** Reads an example file and fills its ${...} in. Throws when it names a value that is not given. */
export function renderExample(root: string, file: string, values: Values): KubeObject[] {
  const text = readFileSync(join(root, 'examples', file), 'utf8').replaceAll(/^#.*\n/gm, '');
  const filled = text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`examples/${file} needs a value for \${${name}}`);
    return value;
  });
  return parseAllDocuments(filled).map((document) => document.toJS() as KubeObject);
}

/** Server-side apply, as `kubectl apply --server-side` does it. Each file has its own field manager, so that one can be taken back. */
export async function applyExample(
  client: KubeClient,
  objects: readonly KubeObject[],
  fieldManager = 'example',
): Promise<KubeObject[]> {
  const applied: KubeObject[] = [];
  for (const object of objects) {
    const { name = '', namespace } = object.metadata;
    applied.push(
      await client.patch(
        kindOf(object),
        { namespace, name },
        { type: 'apply', body: object, fieldManager, force: true },
      ),
    );
  }
  return applied;
}

/** How to address an object, from its apiVersion and kind. The plural rule fits every kind of the examples. */
export function kindOf({ apiVersion, kind }: Pick<KubeObject, 'apiVersion' | 'kind'>): Kind {
  const [first = '', second] = apiVersion.split('/');
  return {
    group: second === undefined ? '' : first,
    version: second ?? first,
    kind,
    plural: `${kind.toLowerCase()}s`.replace(/ys$/, 'ies'),
    namespaced: true,
  };
}
