import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '@metal3/local-servers';
import { usageOf } from '../process-usage.ts';
import { capabilityOf, mib, nodeOf, ramdiskSize, rssMiB, startMediaSite } from './media-site.ts';

const run = promisify(execFile);

export interface ServerFigures {
  /** MiB a second of whole downloads of 256 MiB over one connection, and over four. */
  readonly oneMiBPerSecond: number;
  readonly fourMiBPerSecond: number;
  /** Milliseconds of processor time for each GiB sent over one connection. */
  readonly cpuMsPerGiB: number;
  /** Requests a second for ranges of 64 KiB and of 2 KiB, as BMCs read media, over 32 connections. */
  readonly ranges64KiBPerSecond: number;
  readonly ranges2KiBPerSecond: number;
}

export interface HttpFigures {
  readonly pxeServer: ServerFigures & { readonly rssMiB: number };
  readonly nginx: ServerFigures;
  readonly ratio: Record<keyof ServerFigures, number>;
}

const rounds = 3;
const rangeSeconds = 3;

/**
 * The same file from pxe-server and from nginx (one worker, sendfile), turn by turn in one run; middle of three rounds. Clients: curl for
 * whole files, wrk for ranges.
 */
export async function measureHttp(root: string, say: (line: string) => void): Promise<HttpFigures> {
  const site = await startMediaSite(root);
  const nginx = await startNginx(site.folder);
  try {
    site.add(0);
    const { ipxeScriptUrl } = await site.boot.resolveBoot(
      { nodeUuid: nodeOf(0), capability: capabilityOf(0) },
      { timeoutMs: 60_000, waitForReady: true },
    );
    const ours = { url: ipxeScriptUrl.replace('boot.ipxe', 'ramdisk'), pid: site.pid };
    const theirs = { url: `${nginx.url}/ramdisk`, pid: nginx.pid };
    const measured: { ours: ServerFigures; theirs: ServerFigures }[] = [];
    for (let round = 0; round < rounds; round++) {
      measured.push({ ours: await measureServer(ours), theirs: await measureServer(theirs) });
      say(`round ${round + 1} of ${rounds}: ${JSON.stringify(measured.at(-1))}`);
    }
    const pxeServer = middle(measured.map((one) => one.ours));
    const other = middle(measured.map((one) => one.theirs));
    const names = Object.keys(other) as (keyof ServerFigures)[];
    const ratio = Object.fromEntries(
      names.map((name) => [name, Math.round((pxeServer[name] / other[name]) * 100) / 100]),
    ) as Record<keyof ServerFigures, number>;
    return { pxeServer: { ...pxeServer, rssMiB: Math.round(rssMiB(site.pid)) }, nginx: other, ratio };
  } finally {
    await nginx.stop();
    await site.stop();
  }
}

async function measureServer({ url, pid }: { readonly url: string; readonly pid: number }): Promise<ServerFigures> {
  const before = usageOf(pid).cpuMs;
  const one = await download(url, 1);
  const cpuMs = usageOf(pid).cpuMs - before;
  return {
    oneMiBPerSecond: one,
    fourMiBPerSecond: await download(url, 4),
    cpuMsPerGiB: Math.round(cpuMs / (ramdiskSize / (1024 * mib))),
    ranges64KiBPerSecond: await ranges(url, 65_536),
    ranges2KiBPerSecond: await ranges(url, 2_048),
  };
}

async function download(url: string, connections: number): Promise<number> {
  const began = performance.now();
  await Promise.all(Array.from({ length: connections }, () => run('curl', ['-sf', '-o', '/dev/null', url])));
  return Math.round((connections * ramdiskSize) / mib / ((performance.now() - began) / 1_000));
}

async function ranges(url: string, bytes: number): Promise<number> {
  const range = `Range: bytes=1000000-${1_000_000 + bytes - 1}`;
  const { stdout } = await run('wrk', ['-t1', '-c32', `-d${rangeSeconds}s`, '-H', range, url]);
  if (/Non-2xx/.test(stdout)) throw new Error(`${url} answered errors:\n${stdout}`);
  return Math.round(Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1] ?? 0));
}

function middle(all: readonly ServerFigures[]): ServerFigures {
  const of = (name: keyof ServerFigures) =>
    all.map((one) => one[name]).toSorted((one, other) => one - other)[Math.floor(all.length / 2)] ?? 0;
  return {
    oneMiBPerSecond: of('oneMiBPerSecond'),
    fourMiBPerSecond: of('fourMiBPerSecond'),
    cpuMsPerGiB: of('cpuMsPerGiB'),
    ranges64KiBPerSecond: of('ranges64KiBPerSecond'),
    ranges2KiBPerSecond: of('ranges2KiBPerSecond'),
  };
}

async function startNginx(folder: string) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const config = [
    'daemon off; master_process off; worker_processes 1; error_log stderr crit;',
    `pid ${join(folder, 'nginx.pid')};`,
    'events { worker_connections 1024; }',
    'http { access_log off; sendfile on; keepalive_requests 1000000; open_file_cache max=100;',
    ...paths.map((name) => `${name}_temp_path ${join(folder, `nginx-${name}`)};`),
    `server { listen 127.0.0.1:${port}; root ${folder}; } }`,
  ];
  writeFileSync(join(folder, 'nginx.conf'), config.join('\n'));
  const child = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], {
    stdio: 'inherit',
    // Where Debian puts it, which is not on everybody's PATH.
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` },
  });
  child.on('error', (error) => {
    throw new Error('nginx cannot be started; install nginx-light', { cause: error });
  });
  for (let tries = 0; tries < 100; tries++) {
    if (await fetch(`${url}/kernel`, { method: 'HEAD' }).then(({ ok }) => ok, () => false)) break; // prettier-ignore
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}`);
    await delay(100);
  }
  return {
    url,
    pid: child.pid ?? 0,
    async stop() {
      if (child.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
