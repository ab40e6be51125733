// What Nx knows of the repository beyond its packages. Every workspace package has the same three targets, so that none has to list them: nx
// test, nx typecheck, nx lint. Every chart is a project, which is released by itself and after the app that it installs.
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

export const name = 'metal3-targets';

export const createNodesV2 = [
  '{{apps,libs,tools}/**/package.json,charts/*/Chart.yaml}',
  (files, _options, { workspaceRoot }) =>
    files
      .filter((file) => !file.includes('node_modules'))
      .filter((file) => file.startsWith('charts/') || existsSync(join(workspaceRoot, dirname(file), 'src')))
      .map((file) => [file, { projects: { [dirname(file)]: projectOf(file, workspaceRoot) } }]),
];

function projectOf(file, workspaceRoot) {
  return file.startsWith('charts/') ? chartOf(dirname(file), workspaceRoot) : { targets: targetsOf(dirname(file)) };
}

function chartOf(root, workspaceRoot) {
  const chart = basename(root);
  // Charts that are parts of it lie in it as links.
  const parts = join(workspaceRoot, root, 'charts');
  return {
    name: `chart-${chart}`,
    tags: ['type:chart', `scope:${chart}`],
    implicitDependencies: [
      ...(existsSync(join(workspaceRoot, 'apps', chart)) ? [`@metal3/${chart}`] : []),
      ...(existsSync(parts) ? readdirSync(parts) : []).map((part) => `chart-${part}`),
    ],
  };
}

function targetsOf(root) {
  const inputs = ['default', '^default', '{workspaceRoot}/package-lock.json', '{workspaceRoot}/tsconfig.base.json'];
  const target = (command) => ({ command, cache: true, inputs, options: { cwd: '{workspaceRoot}' } });
  return {
    test: target(`node tools/stack/bootstrap.mjs test ${root}/`),
    typecheck: target(`node tools/typecheck.mjs ${root}`),
    lint: target(`eslint ${root} --max-warnings 0`),
  };
}
