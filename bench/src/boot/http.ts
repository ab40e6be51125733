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
  /** Microseconds of the server's processor time for one such request, which say more than rates do on a machine that others use too. */
  readonly cpuUsPer64KiBRange: number;
  readonly cpuUsPer2KiBRange: number;
}

export interface HttpFigures {
  readonly pxeServer: ServerFigures & { readonly rssMiB: number };
  readonly nginx: ServerFigures;
  /** Node's HTTP server with nothing around it: what no server on Node can pass. */
  readonly plainNode: ServerFigures;
  /** Of pxe-server to nginx. */
  readonly ratio: Record<keyof ServerFigures, number>;
}

const rounds = 3;
const rangeSeconds = 3;

/**
 * The same file from pxe-server, from nginx (one worker, sendfile) and from Node with nothing around it, turn by turn in one run; middle of
 * three rounds. Clients: curl for whole files, wrk for ranges.
 */
export async function measureHttp(root: string, say: (line: string) => void): Promise<HttpFigures> {
  const site = await startMediaSite(root);
  const others: Other[] = [];
  try {
    const nginx = await startNginx(site.folder, others);
    const plainNode = await startPlainNode(site.folder, others);
    site.add(0);
    const { ipxeScriptUrl } = await site.boot.resolveBoot(
      { nodeUuid: nodeOf(0), capability: capabilityOf(0) },
      { timeoutMs: 60_000, waitForReady: true },
    );
    const ours = { url: ipxeScriptUrl.replace('boot.ipxe', 'ramdisk'), pid: site.pid };
    const servers = { pxeServer: ours, nginx, plainNode };
    const measured: Record<keyof typeof servers, ServerFigures>[] = [];
    for (let round = 0; round < rounds; round++) {
      measured.push({
        pxeServer: await measureServer(servers.pxeServer),
        nginx: await measureServer(servers.nginx),
        plainNode: await measureServer(servers.plainNode),
      });
      say(`round ${round + 1} of ${rounds}: ${JSON.stringify(measured.at(-1))}`);
    }
    const of = (server: keyof typeof servers) => middle(measured.map((one) => one[server]));
    const [pxeServer, other] = [of('pxeServer'), of('nginx')];
    const names = Object.keys(other) as (keyof ServerFigures)[];
    const ratio = Object.fromEntries(
      names.map((name) => [name, Math.round((pxeServer[name] / other[name]) * 100) / 100]),
    ) as Record<keyof ServerFigures, number>;
    return {
      pxeServer: { ...pxeServer, rssMiB: Math.round(rssMiB(site.pid)) },
      nginx: other,
      plainNode: of('plainNode'),
      ratio,
    };
  } finally {
    for (const other of others) await other.stop();
    await site.stop();
  }
}

async function measureServer({ url, pid }: { readonly url: string; readonly pid: number }): Promise<ServerFigures> {
  const before = usageOf(pid).cpuMs;
  const one = await download(url, 1);
  const cpuMs = usageOf(pid).cpuMs - before;
  const four = await download(url, 4);
  const [large, small] = [await ranges({ url, pid }, 65_536), await ranges({ url, pid }, 2_048)];
  return {
    oneMiBPerSecond: one,
    fourMiBPerSecond: four,
    cpuMsPerGiB: Math.round(cpuMs / (ramdiskSize / (1024 * mib))),
    ranges64KiBPerSecond: large.perSecond,
    ranges2KiBPerSecond: small.perSecond,
    cpuUsPer64KiBRange: large.cpuUs,
    cpuUsPer2KiBRange: small.cpuUs,
  };
}

async function download(url: string, connections: number): Promise<number> {
  const began = performance.now();
  await Promise.all(Array.from({ length: connections }, () => run('curl', ['-sf', '-o', '/dev/null', url])));
  return Math.round((connections * ramdiskSize) / mib / ((performance.now() - began) / 1_000));
}

async function ranges({ url, pid }: { readonly url: string; readonly pid: number }, bytes: number) {
  const range = `Range: bytes=1000000-${1_000_000 + bytes - 1}`;
  const before = usageOf(pid).cpuMs;
  const { stdout } = await run('wrk', ['-t1', '-c32', `-d${rangeSeconds}s`, '-H', range, url]);
  if (/Non-2xx/.test(stdout)) throw new Error(`${url} answered errors:\n${stdout}`);
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0);
  return {
    perSecond: Math.round(Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1] ?? 0)),
    cpuUs: Math.round(((usageOf(pid).cpuMs - before) * 1000) / requests),
  };
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
    cpuUsPer64KiBRange: of('cpuUsPer64KiBRange'),
    cpuUsPer2KiBRange: of('cpuUsPer2KiBRange'),
  };
}

interface Other {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

async function startNginx(folder: string, started: Other[]): Promise<Other> {
  const port = await freePort();
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
  return start(['nginx', '-p', folder, '-c', join(folder, 'nginx.conf')], port, started);
}

async function startPlainNode(folder: string, started: Other[]): Promise<Other> {
  const port = await freePort();
  const program = join(import.meta.dirname, 'plain-node-server.ts');
  const flags = ['--disable-warning=ExperimentalWarning', program];
  return start([process.execPath, ...flags, join(folder, 'ramdisk'), String(port)], port, started);
}

/** Starts a server; resolves when it answers. */
async function start([file = '', ...args]: readonly string[], port: number, started: Other[]): Promise<Other> {
  const child = spawn(file, args, {
    stdio: 'inherit',
    // Where Debian puts nginx, which is not on everybody's PATH.
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` },
  });
  child.on('error', (error) => {
    throw new Error(`${file} cannot be started; nginx is in the package nginx-light`, { cause: error });
  });
  const url = `http://127.0.0.1:${port}/ramdisk`;
  const other: Other = {
    url,
    pid: child.pid ?? 0,
    async stop() {
      if (child.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
  started.push(other);
  for (let tries = 0; tries < 100; tries++) {
    if (await fetch(url, { method: 'HEAD' }).then(({ ok }) => ok, () => false)) return other; // prettier-ignore
    if (child.exitCode !== null) throw new Error(`${file} ended with ${child.exitCode}`);
    await delay(100);
  }
  throw new Error(`${file} does not answer at ${url}`);
}
