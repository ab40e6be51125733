import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { infrastructureProvider, ipamProvider, providerFiles } from '@metal3/clusterctl';
import { ensureBinaries } from '@metal3/local-servers';
import { parseDocument, stringify } from 'yaml';
import { changesOf } from './chart-changes.ts';
import { writeClientPackage } from './client-package.ts';
import type { Release } from './release-tag.ts';

const run = promisify(execFile);

export interface Artefacts {
  readonly root: string;
  readonly release: Release;
  /** Host and path of the images, before their repository. */
  readonly registry: string;
  /** sha256:... of the image that runs; empty where there is none, or where the tag will do. */
  readonly digest: string;
  /** Folder to write to; it is made. */
  readonly out: string;
}

/** Writes the files that are attached to a release, and answers their names. */
export async function writeArtefacts(artefacts: Artefacts): Promise<readonly string[]> {
  mkdirSync(artefacts.out, { recursive: true });
  switch (artefacts.release.kind) {
    case 'app':
      await writeProvider(artefacts);
      break;
    case 'chart':
      await writeChart(artefacts);
      break;
    case 'client':
      await writeClient(artefacts);
  }
  return readdirSync(artefacts.out).toSorted();
}

/** What clusterctl installs, of the apps that are providers. */
async function writeProvider({ release, registry, digest, out }: Artefacts): Promise<void> {
  const provider = [ipamProvider, infrastructureProvider].find(({ chart }) => chart === release.name);
  if (provider === undefined) return;
  const image = { registry, tag: release.version, ...(digest !== '' && { digest }) };
  const files = await providerFiles(provider, { version: `v${release.version}`, image });
  for (const [name, content] of files) writeFileSync(join(out, name), content);
}

/** The chart as a file for `helm push`; the image that it installs is named by what is in it, not by a tag that may move. */
async function writeChart({ root, release, registry, digest, out }: Artefacts): Promise<void> {
  const { helm } = await ensureBinaries({ names: ['helm'] });
  const scratch = mkdtempSync(join(tmpdir(), 'metal3-chart-'));
  try {
    const chart = join(scratch, release.name);
    // The library chart lies beside it as a link.
    cpSync(join(root, 'charts', release.name), chart, { recursive: true, dereference: true });
    const file = join(chart, 'values.yaml');
    const values = parseDocument(readFileSync(file, 'utf8'));
    if (values.has('image')) {
      values.setIn(['image', 'registry'], registry);
      values.setIn(['image', 'digest'], digest);
    }
    // A chart of charts has no image of its own: those of its parts are named by the versions that it pins.
    if (values.has('global')) values.setIn(['global', 'imageRegistry'], registry);
    writeFileSync(file, values.toString({ lineWidth: 0 }));
    tellChanges(chart, release.version);
    await run(helm, ['package', chart, '--destination', out]);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** What the version's changelog says goes into the chart itself, where Artifact Hub looks for it. */
function tellChanges(chart: string, version: string): void {
  const changelog = join(chart, 'CHANGELOG.md');
  const changes = existsSync(changelog) ? changesOf(readFileSync(changelog, 'utf8'), version) : [];
  if (changes.length === 0) return;
  const file = join(chart, 'Chart.yaml');
  const about = parseDocument(readFileSync(file, 'utf8'));
  about.setIn(['annotations', 'artifacthub.io/changes'], stringify(changes));
  writeFileSync(file, about.toString({ lineWidth: 0 }));
}

/** The client as a file for `npm publish`. */
async function writeClient({ root, release, out }: Artefacts): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'metal3-client-'));
  try {
    await writeClientPackage({ root, client: release.name, out: scratch });
    await run('npm', ['pack', '--silent', '--pack-destination', out], { cwd: scratch });
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
