// Gives every workspace package the same three targets, so that no package has to list them: nx test, nx typecheck, nx lint.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const name = 'metal3-targets';

export const createNodesV2 = [
  '{apps,libs,tools}/**/package.json',
  (files, _options, { workspaceRoot }) =>
    files
      .filter((file) => !file.includes('node_modules'))
      .filter((file) => existsSync(join(workspaceRoot, dirname(file), 'src')))
      .map((file) => [file, { projects: { [dirname(file)]: { targets: targetsOf(dirname(file)) } } }]),
];

function targetsOf(root) {
  const inputs = ['default', '^default', '{workspaceRoot}/package-lock.json', '{workspaceRoot}/tsconfig.base.json'];
  const target = (command) => ({ command, cache: true, inputs, options: { cwd: '{workspaceRoot}' } });
  return {
    test: target(`node tools/stack/bootstrap.mjs test ${root}/`),
    typecheck: target(`node tools/typecheck.mjs ${root}`),
    lint: target(`eslint ${root} --max-warnings 0`),
  };
}
