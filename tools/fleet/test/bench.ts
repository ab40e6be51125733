import { Agent, request as requestHttps } from 'node:https';
import { setTimeout } from 'node:timers/promises';
import { startFleet, type Fleet, type FleetOptions } from '../src/index.ts';
import { servedFiles } from '../src/files/images.ts';
import type { Machine } from '../src/machine/machine.ts';
import { IronicStandIn } from './ironic-stand-in.ts';
import { writeIso, type IsoContent } from './iso-writer.ts';

const files = servedFiles(4096);
export const kernel = files.get('/ipa/vmlinuz')?.bytes ?? Buffer.alloc(0);
export const ramdisk = files.get('/ipa/initramfs')?.bytes ?? Buffer.alloc(0);

/** A fleet without delays next to a stand-in for Ironic: what most tests need. */
export class Bench {
  readonly fleet: Fleet;
  readonly ironic: IronicStandIn;

  private constructor(fleet: Fleet, ironic: IronicStandIn) {
    this.fleet = fleet;
    this.ironic = ironic;
  }

  static async start(options: Partial<FleetOptions> = {}): Promise<Bench> {
    const ironic = await new IronicStandIn().start();
    return new Bench(await startFleet({ hosts: 2, timeScale: 0, ...options }), ironic);
  }

  /** A new start between tests that share a bench. */
  async reset(): Promise<void> {
    await this.fleet.reset();
    this.ironic.heard.length = 0;
    this.ironic.answer = () => undefined;
  }

  async stop(): Promise<void> {
    await this.fleet.close();
    await this.ironic.stop();
  }

  get machine(): Machine {
    return this.fleet.machine('node-0');
  }

  /** The kernel line of an agent that looks its node up at the stand-in. */
  agentLine(more = ''): string {
    return `nofb ipa-api-url=${this.ironic.url} ipa-agent-token=${this.ironic.token} boot_method=vmedia ${more}`;
  }

  /** Puts an ISO on the web server and gives its URL. */
  publishIso(line: string, content: Partial<IsoContent> = {}): string {
    const grub = `set default="0"\nset timeout=1\nmenuentry "agent" {\n  linux /vmlinuz ${line}\n  initrd /initrd\n}\n`;
    const path = `/iso-${this.ironic.media.size}.iso`;
    const usual = { '/EFI/BOOT/grub.cfg': grub, '/vmlinuz': kernel, '/initrd': ramdisk };
    this.ironic.media.set(path, writeIso({ files: usual, ...content }));
    return `${this.ironic.url}${path}`;
  }

  /** Redfish with the machine's own account. */
  async redfish(
    method: string,
    path: string,
    {
      body,
      headers = {},
      machine = this.machine,
    }: { body?: unknown; headers?: Record<string, string>; machine?: Machine } = {},
  ) {
    const { account, uuid } = machine.identity;
    const target = `${this.fleet.urls.bmc}${path.replace('{id}', uuid)}`;
    const authorization = `Basic ${Buffer.from(`${account.username}:${account.password}`).toString('base64')}`;
    const init = {
      method,
      headers: { authorization, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    const response = await fetch(target, init);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? undefined : JSON.parse(text)) as Json,
    };
  }

  /** Inserts an ISO, chooses the CD for once and switches on, all through Redfish. */
  async bootFromIso(url: string): Promise<void> {
    const media = '/redfish/v1/Systems/{id}/VirtualMedia/Cd/Actions/VirtualMedia.InsertMedia';
    await this.redfish('POST', media, { body: { Image: url } });
    const override = { Boot: { BootSourceOverrideTarget: 'Cd', BootSourceOverrideEnabled: 'Once' } };
    await this.redfish('PATCH', '/redfish/v1/Systems/{id}', { body: override });
    await this.redfish('POST', '/redfish/v1/Systems/{id}/Actions/ComputerSystem.Reset', { body: { ResetType: 'On' } });
  }

  /** Boots an agent and waits until it serves its API. */
  async bootAgent(line = this.agentLine()): Promise<void> {
    await this.bootFromIso(this.publishIso(line));
    const { machine } = this;
    const serving = () => {
      const url = machine.running.kind === 'agent' ? machine.running.agent.describe()['callbackUrl'] : null;
      return url !== null && this.ironic.heard.some(({ body }) => (body as Json)?.callback_url === url);
    };
    await until(serving, () => `no agent serves on ${machine.name}: ${JSON.stringify(machine.running)}`);
  }

  /** A request to the agent of a machine, trusting only the certificate its heartbeats announce. */
  agent(method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }> {
    const heartbeat = this.ironic.heard.findLast(({ path: heard }) => heard.startsWith('/v1/heartbeat/'));
    const announced = heartbeat?.body as { callback_url: string; agent_verify_ca: string } | undefined;
    const payload = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const agent = new Agent({ ca: announced?.agent_verify_ca });
      const request = requestHttps(
        `${announced?.callback_url ?? 'https://nowhere.invalid'}${path}`,
        { method, agent },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
          response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Json }));
        },
      );
      request.on('error', reject);
      request.end(payload);
    });
  }

  /** Runs a command and waits for its end. */
  async command(name: string, params: unknown): Promise<Json> {
    return (await this.agent('POST', `/v1/commands/?wait=true&agent_token=${this.ironic.token}`, { name, params }))
      .body;
  }

  /** Waits until the machine runs something of this kind. */
  async running(kind: string, machine = this.machine): Promise<void> {
    await until(
      () => machine.running.kind === kind,
      () => `${machine.name} is ${JSON.stringify(machine.running.kind)}, not ${kind}`,
    );
  }

  events(...kinds: string[]) {
    const all = this.fleet.world.ledger.find({});
    return kinds.length === 0 ? all : all.filter(({ event }) => kinds.includes(event));
  }
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- replies are looked at, not relied on
export type Json = any;

/** Polls for a condition for at most ten seconds. */
export async function until(condition: () => boolean, failure: () => string): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 5) {
    if (condition()) return;
    await setTimeout(5);
  }
  throw new Error(failure());
}
