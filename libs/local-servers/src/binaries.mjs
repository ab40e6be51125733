// Finds or makes the Go programs of a local control plane: kube-apiserver, kube-controller-manager, etcd; and those that people
// install and operate our services with: helm, clusterctl, and Cluster API's controllers with kustomize for their components.
//
// Plain JavaScript without dependencies, because the bootstrap script runs it under Node 20 while npm still installs the packages.
// Order of sources: KUBEBUILDER_ASSETS, the checksummed cache, a download of the published release, a build from the Go module proxy.
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';

const kubernetes = '1.36.3';
const etcd = '3.6.16';
const helm = '4.3.1';
const clusterApi = '1.14.2';
const kustomize = '5.8.2';

const goModules = fileURLToPath(new URL('../../../tools/go/', import.meta.url));
const goArch = { x64: 'amd64', arm64: 'arm64' };
const stamp = `-X k8s.io/component-base/version.gitVersion=v${kubernetes} -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36`;

const kubernetesProgram = (name) => ({
  version: kubernetes,
  module: 'kubernetes',
  package: `k8s.io/kubernetes/cmd/${name}`,
  ldflags: `-s -w ${stamp}`,
  // The servers are published for Linux only.
  download: (os, arch) => (os === 'linux' ? `https://dl.k8s.io/v${kubernetes}/bin/linux/${arch}/${name}` : undefined),
});

const clusterApiProgram = (name) => ({
  version: clusterApi,
  module: 'cluster-api',
  package: `sigs.k8s.io/cluster-api/${name}`,
  ldflags: `-s -w -X sigs.k8s.io/cluster-api/version.gitVersion=v${clusterApi} -X sigs.k8s.io/cluster-api/version.gitMajor=1 -X sigs.k8s.io/cluster-api/version.gitMinor=14`,
  download: () => undefined,
});

/** Every program we know how to provide, with where it comes from. */
export const programs = {
  etcd: { version: etcd, module: 'etcd', package: '.', ldflags: '-s -w', download: () => undefined },
  'kube-apiserver': kubernetesProgram('kube-apiserver'),
  'kube-controller-manager': kubernetesProgram('kube-controller-manager'),
  kubectl: kubernetesProgram('kubectl'),
  helm: {
    version: helm,
    module: 'helm',
    package: 'helm.sh/helm/v4/cmd/helm',
    ldflags: `-s -w -X helm.sh/helm/v4/internal/version.version=v${helm}`,
    download: () => undefined,
  },
  clusterctl: clusterApiProgram('cmd/clusterctl'),
  'cluster-api-core': clusterApiProgram('core'),
  'cluster-api-kubeadm-bootstrap': clusterApiProgram('bootstrap/kubeadm'),
  'cluster-api-kubeadm-control-plane': clusterApiProgram('controlplane/kubeadm'),
  kustomize: {
    version: kustomize,
    module: 'kustomize',
    package: 'sigs.k8s.io/kustomize/kustomize/v5',
    ldflags: '-s -w',
    download: () => undefined,
  },
  // Its source is ours, so its version is that of the source.
  'ironic-client': {
    version: sourceVersion('ironic-client', ['go.mod', 'main.go']),
    module: 'ironic-client',
    package: '.',
    ldflags: '-s -w',
    download: () => undefined,
  },
};

/** Names the content of a module of ours, so that a changed program is built anew. */
function sourceVersion(module, files) {
  const sum = createHash('sha256');
  for (const file of files) sum.update(readFileSync(join(goModules, module, file)));
  return sum.digest('hex').slice(0, 12);
}

/** What a control plane needs. */
export const controlPlanePrograms = ['etcd', 'kube-apiserver', 'kube-controller-manager'];

/** The folder that outlives runs: built binaries and nothing else of value. */
export function cacheDir(env = process.env) {
  return env.METAL3_CACHE_DIR || join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'metal3');
}

/** Says where each program would come from, without changing anything: a path, `build`, `download` or `missing`. */
export async function locateBinaries({ names = controlPlanePrograms, env = process.env } = {}) {
  const found = {};
  for (const name of names) {
    found[name] =
      fromAssets(name, env) ?? (await fromCache(name, env)) ?? (findOnPath('go', env) ? 'build' : 'missing');
  }
  return found;
}

/**
 * Returns the path of each program, making those that are missing.
 * Two processes may ask at once: the second waits for the first. `report` gets one line for each thing that takes long.
 */
export async function ensureBinaries({ names = controlPlanePrograms, env = process.env, report = () => {} } = {}) {
  const paths = {};
  let built = false;
  for (const name of names) {
    paths[name] = fromAssets(name, env) ?? (await fromCache(name, env));
    if (paths[name] !== undefined) continue;
    const release = await lock(join(cacheDir(env), 'locks', `${name}.lock`), () =>
      report(`${name}: another process is making it, waiting`),
    );
    try {
      paths[name] = await fromCache(name, env);
      if (paths[name] !== undefined) continue;
      const source = await make(name, env, report);
      built ||= source === 'go';
      paths[name] = await fromCache(name, env);
    } finally {
      await release();
    }
  }
  // Gigabytes that nothing needs once the programs exist; after a failure they stay, so that the next try is quick, and while
  // another process is building they are in use.
  if (built && (await locksHeld(env)) === 0) await rm(join(cacheDir(env), 'go'), { recursive: true, force: true });
  return paths;
}

function fromAssets(name, env) {
  if (!env.KUBEBUILDER_ASSETS) return undefined;
  const path = join(env.KUBEBUILDER_ASSETS, name);
  return existsSync(path) ? path : undefined;
}

function folderOf(name, env) {
  return join(cacheDir(env), 'bin', `${name}-${programs[name].version}-${process.platform}-${process.arch}`);
}

async function fromCache(name, env) {
  const folder = folderOf(name, env);
  const sums = await readFile(join(folder, 'SHA256SUMS'), 'utf8').catch(() => undefined);
  if (sums === undefined) return undefined;
  const path = join(folder, name);
  const actual = await sha256(path).catch(() => undefined);
  // A half-written or altered file is as good as none: it is made again.
  return actual !== undefined && sums.startsWith(actual) ? path : undefined;
}

async function make(name, env, report) {
  const folder = folderOf(name, env);
  const draft = `${folder}.${randomUUID().slice(0, 8)}`;
  await mkdir(draft, { recursive: true });
  try {
    const file = join(draft, name);
    let source = 'download';
    if (!(await download(name, file, report))) {
      source = 'go';
      await goBuild(name, file, env, report);
    }
    await chmod(file, 0o755);
    await writeFile(join(draft, 'SHA256SUMS'), `${await sha256(file)}  ${name}\n`);
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder);
    return source;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function download(name, file, report) {
  const url = programs[name].download(process.platform, goArch[process.arch]);
  if (url === undefined) return false;
  try {
    const sum = await fetch(`${url}.sha256`, { signal: AbortSignal.timeout(5_000) });
    if (!sum.ok) return false;
    const expected = (await sum.text()).trim().split(/\s/)[0];
    report(`${name} ${programs[name].version}: downloading the published release`);
    const body = await fetch(url, { signal: AbortSignal.timeout(300_000) });
    if (!body.ok || body.body === null) return false;
    await pipeline(Readable.fromWeb(body.body), createWriteStream(file));
    if ((await sha256(file)) === expected) return true;
    report(`${name}: the download does not match its published checksum and is thrown away`);
  } catch {
    // No way out to the release server: the Go module proxy may still be reachable.
  }
  await rm(file, { force: true });
  return false;
}

async function goBuild(name, file, env, report) {
  const program = programs[name];
  const go = findOnPath('go', env);
  if (go === undefined) {
    throw new Error(
      `${name} ${program.version} is neither cached nor downloadable, and Go is not installed to build it. ` +
        'Install Go 1.21 or newer, or set KUBEBUILDER_ASSETS to a folder that holds kube-apiserver, etcd and kube-controller-manager, ' +
        'or give an existing cluster with --kubeconfig.',
    );
  }
  const began = Date.now();
  report(`${name} ${program.version}: building from the Go module proxy (minutes, once)`);
  const ticker = setInterval(
    () => report(`${name}: still building, ${Math.round((Date.now() - began) / 1000)} s`),
    30_000,
  );
  try {
    await runGo(go, ['build', '-ldflags', program.ldflags, '-o', file, program.package], {
      cwd: join(goModules, program.module),
      env: {
        ...env,
        CGO_ENABLED: '0',
        GOFLAGS: '-trimpath -buildvcs=false -modcacherw',
        GOWORK: 'off',
        GOMODCACHE: join(cacheDir(env), 'go', 'mod'),
        GOCACHE: join(cacheDir(env), 'go', 'build'),
      },
    });
  } finally {
    clearInterval(ticker);
  }
  report(`${name}: built in ${Math.round((Date.now() - began) / 1000)} s`);
}

function runGo(go, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(go, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
    let tail = '';
    child.stderr.on('data', (chunk) => (tail = (tail + chunk).slice(-4_000)));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`go ${args.at(-1)} failed with ${code}:\n${lastLines(tail, 15)}`)),
    );
  });
}

async function lock(path, onWait) {
  await mkdir(join(path, '..'), { recursive: true });
  for (let waited = 0; ; waited++) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' });
      return () => rm(path, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = Number(await readFile(path, 'utf8').catch(() => ''));
    if (holder > 0 && !alive(holder)) await rm(path, { force: true });
    else if (waited % 60 === 0) onWait();
    await delay(500);
  }
}

async function locksHeld(env) {
  return (await readdir(join(cacheDir(env), 'locks'))).length;
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** The first executable of that name on PATH. */
export function findOnPath(name, env = process.env) {
  return (env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

async function sha256(path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

function lastLines(text, count) {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
