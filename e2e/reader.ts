import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { connectKubernetes, readKubeConfig, type Kubernetes } from '@metal3/kube-client';
import {
  applyManifests,
  clusterApiCrds,
  ensureBinaries,
  startControlPlane,
  type ControlPlane,
  type Manifest,
} from '@metal3/local-servers';
import { patternOf, readGuide } from './guide.ts';
import { startNode, type Node } from './nodes/node.ts';

export const root = join(import.meta.dirname, '..');

/** Somebody with a cluster that is empty but for Cluster API's kinds, kubectl, helm and a checkout, who has never seen the project. */
export interface Reader {
  readonly plane: ControlPlane;
  /** What the cluster's only node does. */
  readonly node: Node;
  /** The administrator's client. */
  readonly api: Kubernetes;
  /**
   * Follows a page: saves its files, types its commands, compares what they print.
   * @param here what the page calls something, and what it is on this machine
   * @param before is told of each command before it is typed
   * @returns how many commands that were; throws at the first that does not do what the page says
   */
  follow(
    page: string,
    here?: readonly (readonly [string, string])[],
    before?: (command: string) => void,
  ): Promise<number>;
  stop(): Promise<void>;
}

const commandTimeoutMs = 240_000;

export async function startReader(): Promise<Reader> {
  const folder = mkdtempSync(join(tmpdir(), 'metal3-reader-'));
  const programs = await ensureBinaries({ names: ['helm', 'kubectl'] });
  const path = [...Object.values(programs).map((program) => dirname(program)), process.env['PATH']].join(delimiter);
  const plane = await startControlPlane({ workloads: true });
  const now = () => Date.now();
  const api = connectKubernetes(readKubeConfig(plane.kubeconfigPath, { env: {}, now }), { userAgent: 'node', now });
  const node = startNode({ plane, api, root, dir: join(folder, 'node') });
  // Where the reader stands: in a checkout, whose files stay as they are.
  for (const name of ['charts', 'examples']) symlinkSync(join(root, name), join(folder, name));
  await applyManifests(plane, (await clusterApiCrds()) as readonly Manifest[]);

  const type = (command: string): Promise<{ readonly code: number; readonly output: string }> => {
    const env = { PATH: path, HOME: folder, KUBECONFIG: plane.kubeconfigPath };
    return new Promise((resolve) => {
      const options = { cwd: folder, env, timeout: commandTimeoutMs };
      execFile('bash', ['-o', 'pipefail', '-c', command], options, (error, stdout, stderr) => {
        // Helm remarks on the symbolic link that stands for the checkout.
        const remarks = stderr.replaceAll(/^level=.*\n/gm, '');
        const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : 1;
        resolve({ code, output: stdout + remarks });
      });
    });
  };

  return {
    plane,
    node,
    api,
    async follow(page, here = [], before = () => undefined) {
      const asHere = (text: string) => here.reduce((all, [there, mine]) => all.replaceAll(there, mine), text);
      let commands = 0;
      for (const step of readGuide(join(root, page))) {
        if (step.kind === 'file') {
          writeFileSync(join(folder, step.name), asHere(step.content));
          continue;
        }
        const { command, prints, place } = step;
        before(command);
        const { code, output } = await Promise.race([type(asHere(command)), node.failed]);
        if (code !== 0 || !patternOf(prints.map(asHere)).test(output)) {
          const said = [`${place}: $ ${command}`, `exit code ${code}, printed`, output, 'instead of', ...prints];
          throw new Error([...said, '', 'the pods say', node.logs()].join('\n'));
        }
        commands += 1;
      }
      return commands;
    },
    async stop() {
      await node.stop();
      await api.close();
      await plane.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
