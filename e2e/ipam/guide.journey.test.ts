// The user guide, typed by somebody who has never seen the project: its commands, its files, what it says they print.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connectKubernetes, readKubeConfig, type Kubernetes } from '@metal3/kube-client';
import {
  applyManifests,
  clusterApiCrds,
  ensureBinaries,
  serviceEntry,
  startControlPlane,
  type ControlPlane,
  type Manifest,
} from '@metal3/local-servers';
import { patternOf, readGuide, type Step } from './guide.ts';
import { standInForNodes, type NodeStandIn } from './node-stand-in.ts';
import { root } from './site.ts';

const pages = ['README.md', 'pools.md', 'claims.md', 'troubleshooting.md', 'migration.md'];
const folder = mkdtempSync(join(tmpdir(), 'ipam-guide-'));
let plane: ControlPlane;
let api: Kubernetes;
let nodes: NodeStandIn;
let path: string;

beforeAll(async () => {
  const programs = await ensureBinaries({ names: ['helm', 'kubectl'] });
  path = [...Object.values(programs).map((program) => dirname(program)), process.env['PATH']].join(delimiter);
  plane = await startControlPlane();
  await applyManifests(plane, (await clusterApiCrds()) as readonly Manifest[]);
  const now = () => Date.now();
  api = connectKubernetes(readKubeConfig(plane.kubeconfigPath, { env: {}, now }), { userAgent: 'guide', now });
  // Where the reader stands: in a checkout, whose files stay as they are.
  for (const name of ['charts', 'examples']) symlinkSync(join(root, name), join(folder, name));
  const program = serviceEntry('ipam');
  nodes = standInForNodes(plane, api, { namespace: 'metal3-ipam-system', name: 'ipam' }, { program, folder });
}, 900_000);
afterAll(async () => {
  await nodes?.stop();
  await api?.close();
  await plane?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function type(command: string): Promise<{ readonly code: number; readonly output: string }> {
  const env = { PATH: path, HOME: folder, KUBECONFIG: plane.kubeconfigPath };
  return new Promise((resolve) => {
    const options = { cwd: folder, env, timeout: 150_000 };
    execFile('bash', ['-o', 'pipefail', '-c', command], options, (error, stdout, stderr) => {
      // Helm remarks on the symbolic link that stands for the checkout.
      const remarks = stderr.replaceAll(/^level=.*\n/gm, '');
      resolve({
        code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1,
        output: stdout + remarks,
      });
    });
  });
}

async function take(step: Step): Promise<void> {
  if (step.kind === 'file') {
    writeFileSync(join(folder, step.name), step.content);
    return;
  }
  const { command, prints, place } = step;
  const { code, output } = await Promise.race([type(command), nodes.failed]);
  if (code === 0 && patternOf(prints).test(output)) return;
  const log = nodes.child()?.logTail(20) ?? 'the service does not run';
  throw new Error(
    `${place}: $ ${command}\nexit code ${code}, printed\n${output}\ninstead of\n${prints.join('\n')}\n\nits log ends with\n${log}`,
  );
}

describe.each(pages)('docs/ipam/%s', (page) => {
  const steps = readGuide(join(root, 'docs/ipam', page));
  test('does what it says, command by command', async () => {
    for (const step of steps) await take(step);
  }, 600_000);
});

test('the guide has commands to follow', () => {
  const commands = pages
    .flatMap((page) => readGuide(join(root, 'docs/ipam', page)))
    .filter(({ kind }) => kind === 'command');
  expect(commands.length).toBeGreaterThan(25);
});
