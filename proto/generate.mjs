// Generates the TypeScript of every contract. Usage: node proto/generate.mjs [output root]; a test generates into a temporary folder and
// compares. Each client package gets a copy of the files its contract imports, so that it can be installed alone.
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const into = resolve(process.argv[2] ?? root);

const targets = [
  ...['ironic', 'boot', 'host', 'ipam', 'machine'].map((name) => ({
    out: `libs/clients/${name}/src/gen`,
    paths: [`proto/metal3/${name}`],
  })),
  {
    out: 'libs/grpc/src/gen',
    paths: ['libs/grpc/proto/google', 'libs/grpc/proto/grpc', 'libs/grpc/proto/metal3', 'proto/metal3/options'],
  },
];

for (const { out, paths } of targets) {
  const folder = join(into, out);
  rmSync(folder, { recursive: true, force: true });
  const template = {
    version: 'v2',
    plugins: [
      {
        local: 'protoc-gen-es',
        out: folder,
        opt: ['target=ts', 'import_extension=ts', 'erasable_syntax=true'],
        include_imports: true,
      },
    ],
  };
  execFileSync(
    'buf',
    ['generate', '--template', JSON.stringify(template), ...paths.flatMap((path) => ['--path', path])],
    {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}${delimiter}${process.env.PATH}` },
    },
  );
  if (!existsSync(folder)) throw new Error(`nothing was generated for ${paths.join(', ')}`);
}
