import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface BillOptions {
  readonly root: string;
  readonly service: string;
  readonly version: string;
  /** Files that the bundles are made of, from the root of the repository. */
  readonly files: readonly string[];
}

interface Component {
  readonly type: 'library';
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly { readonly license: { readonly id: string } }[];
}

/** CycloneDX 1.6 of what is really in the bundles: packages of which no code was taken are not listed. */
export function billOfMaterials({ root, service, version, files }: BillOptions): object {
  const folders = new Set(files.flatMap((file) => packageFolder(file) ?? []));
  const components = [...folders].map((folder) => componentOf(root, folder)).sort((a, b) => (a.purl < b.purl ? -1 : 1));
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'application', name: service, version } },
    components,
  };
}

/** node_modules/a/node_modules/@b/c/lib/x.js: node_modules/a/node_modules/@b/c */
function packageFolder(file: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
}

function componentOf(root: string, folder: string): Component {
  const about = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    license?: string;
  };
  const { name, version, license } = about;
  return {
    type: 'library',
    name,
    version,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    ...(license !== undefined && { licenses: [{ license: { id: license } }] }),
  };
}
