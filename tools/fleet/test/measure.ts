/**
 * Drives a fleet in a process of its own through a whole life cycle (ISO boot, agent, write_image, boot from disk) and prints
 * what that took: `node tools/fleet/test/measure.ts [hosts] [parallel]`.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { IronicStandIn, type Heard } from './ironic-stand-in.ts';
import { writeIso } from './iso-writer.ts';
import { servedFiles } from '../src/files/images.ts';
import { identify } from '../src/machine/identity.ts';
import { defaultOptions } from '../src/options.ts';

const [hosts = 1000, parallel = 50] = process.argv.slice(2).map(Number);
const main = new URL('../src/main.ts', import.meta.url).pathname;
const child = spawn(process.execPath, [main, '--hosts', String(hosts), '--time-scale', '0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
const { urls } = JSON.parse(line) as { urls: { bmc: string; agents: string; files: string; control: string } };

const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024;
const cpu = () =>
  readFileSync(`/proc/${child.pid}/stat`, 'utf8')
    .split(' ')
    .slice(13, 15)
    .map(Number)
    .reduce((a, b) => a + b) / 100;

const files = servedFiles(4096);
const ironic = await new IronicStandIn().start();
ironic.remember = false;
const grub = `linux /vmlinuz ipa-api-url=${ironic.url}\ninitrd /initrd\n`;
ironic.media.set(
  '/boot.iso',
  writeIso({
    files: {
      '/EFI/BOOT/grub.cfg': grub,
      '/vmlinuz': files.get('/ipa/vmlinuz')?.bytes ?? '',
      '/initrd': files.get('/ipa/initramfs')?.bytes ?? '',
    },
  }),
);
const waiting = new Map<string, () => void>();
ironic.onHeartbeat = ({ body }: Heard) => {
  const { callback_url: url } = body as { callback_url: string };
  waiting.get(url.split('/').pop() ?? '')?.();
};

const tls = new Agent({ keepAlive: true, maxSockets: 32, rejectUnauthorized: false });
const command = (uuid: string, name: string, params: unknown): Promise<string> =>
  new Promise((resolve, reject) => {
    const url = `${urls.agents}/agents/${uuid}/v1/commands/?wait=true&agent_token=${ironic.token}`;
    const call = request(url, { method: 'POST', agent: tls }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve(text));
    });
    call.on('error', reject);
    call.end(JSON.stringify({ name, params }));
  });

const imageInfo = {
  id: 'tiny.raw',
  urls: [`${urls.files}/images/tiny.raw`],
  checksum: `${urls.files}/images/tiny.raw.sha256sum`,
  disk_format: 'raw',
  stream_raw_images: true,
};

function bmc(index: number) {
  const { uuid, account } = identify(index, defaultOptions);
  const authorization = `Basic ${Buffer.from(`${account.username}:${account.password}`).toString('base64')}`;
  const send = async (method: string, path: string, body: unknown) => {
    const url = `${urls.bmc}/redfish/v1/Systems/${uuid}${path}`;
    const { status } = await fetch(url, { method, headers: { authorization }, body: JSON.stringify(body) });
    if (status >= 300) throw new Error(`${method} ${url}: ${status}`);
  };
  return { uuid, send };
}

const reset = '/Actions/ComputerSystem.Reset';

async function bootAgent(index: number): Promise<void> {
  const { uuid, send } = bmc(index);
  const heartbeat = new Promise<void>((resolve) => waiting.set(uuid, resolve));
  await send('POST', '/VirtualMedia/Cd/Actions/VirtualMedia.InsertMedia', { Image: `${ironic.url}/boot.iso` });
  await send('PATCH', '', { Boot: { BootSourceOverrideTarget: 'Cd', BootSourceOverrideEnabled: 'Once' } });
  await send('POST', reset, { ResetType: 'On' });
  await heartbeat;
}

async function deploy(index: number): Promise<void> {
  const { uuid, send } = bmc(index);
  const step = { step: 'write_image', args: { image_info: imageInfo } };
  const result = await command(uuid, 'deploy.execute_deploy_step', { step, node: {}, ports: [] });
  if (!result.includes('"SUCCEEDED"')) throw new Error(result);
  await send('POST', '/VirtualMedia/Cd/Actions/VirtualMedia.EjectMedia', {});
  await send('POST', reset, { ResetType: 'ForceRestart' });
}

async function pool(task: (index: number) => Promise<void>): Promise<number> {
  const started = performance.now();
  let next = 0;
  const worker = async () => {
    while (next < hosts) await task(next++);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return (performance.now() - started) / 1000;
}

try {
  const started = cpu();
  const snapshot = async (seconds: number) => {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const counters = (await (await fetch(`${urls.control}/counters`)).json()) as { running: unknown; events: unknown };
    return { seconds, rssMiB: rss(), cpuMsPerHost: ((cpu() - started) / hosts) * 1000, ...counters };
  };
  const idle = await snapshot(0);
  const agents = await snapshot(await pool(bootAgent));
  const deployed = await snapshot(await pool(deploy));
  const line = ({ seconds, rssMiB, cpuMsPerHost, running }: typeof idle) => ({
    seconds,
    rssMiB,
    cpuMsPerHost,
    running,
  });
  const report = { hosts, idle: line(idle), agents: line(agents), deployed: line(deployed), events: deployed.events };
  console.log(JSON.stringify(report, null, 1));
} finally {
  child.kill();
  tls.destroy();
  await ironic.stop();
}
