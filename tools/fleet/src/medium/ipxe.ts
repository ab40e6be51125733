import type { HttpClient } from '../http/client.ts';
import { MediumError } from './blocks.ts';
import { kernelFault, KernelLine, ramdiskFault } from './kernel-line.ts';

/** What an iPXE script ended in. */
export type NetworkBoot =
  | {
      readonly kind: 'kernel';
      readonly line: KernelLine;
      readonly kernelUrl: string;
      readonly initrdUrls: readonly string[];
    }
  /** The script attached an ISO. */
  | { readonly kind: 'iso'; readonly url: string }
  /** The script gave the machine back to its firmware, or to its first disk. */
  | { readonly kind: 'local-disk' };

export interface NetworkCard {
  readonly mac: string;
  readonly ip: string;
  readonly uuid: string;
  readonly serial: string;
  readonly platform: 'bios' | 'uefi';
  readonly http: HttpClient;
  readonly signal: AbortSignal;
  /** Waits for so many simulated seconds. */
  readonly pause: (seconds: number) => Promise<void>;
}

const maxSteps = 2000;
const optionsWithValue: readonly string[] = ['--name', '-n', '--timeout', '-t', '--mode', '-m', '--drive', '-d'];

/** `set attempts:int32 0` gives the variable a type. */
const variableName = (text: string) => text.replace(/:.*$/, '');

/** The words of a command without the options before its first argument. */
function withoutOptions(words: readonly string[]): readonly string[] {
  let at = 0;
  for (let word = words[at]; word?.startsWith('-') === true; word = words[at]) {
    at += optionsWithValue.includes(word) ? 2 : 1;
  }
  return words.slice(at);
}

/**
 * Runs an iPXE script as far as booting machines need it: variables, labels, `||` and `&&`, chain, kernel, initrd, boot,
 * sanboot and exit. Kernel and ramdisks must really be there. @throws MediumError naming the command that failed
 */
export async function bootFromScript(url: string, card: NetworkCard): Promise<NetworkBoot> {
  return new Interpreter(card).run(url);
}

class Interpreter {
  readonly #card: NetworkCard;
  readonly #variables: Map<string, string>;
  #kernel: { url: string; line: string } | undefined;
  readonly #initrds: string[] = [];
  #steps = 0;

  constructor(card: NetworkCard) {
    this.#card = card;
    this.#variables = new Map([
      ['mac', card.mac],
      ['net0/mac', card.mac],
      ['netX/mac', card.mac],
      ['ip', card.ip],
      ['net0/ip', card.ip],
      ['uuid', card.uuid],
      ['serial', card.serial],
      ['platform', card.platform === 'uefi' ? 'efi' : 'pcbios'],
      ['buildarch', 'x86_64'],
    ]);
  }

  async run(url: string): Promise<NetworkBoot> {
    const { status, body } = await this.#card.http.fetch(url, { signal: this.#card.signal });
    if (status !== 200) throw new MediumError(`${url}: the boot server answered ${status}`);
    const lines = body.toString('utf8').split(/\r?\n/);
    if (lines[0]?.startsWith('#!ipxe') !== true)
      throw new MediumError(`${url} is no iPXE script (first line is not #!ipxe)`);
    let at = 1;
    while (at < lines.length) {
      if (++this.#steps > maxSteps) throw new MediumError(`${url}: the script runs in circles`);
      const jump = await this.#line(lines[at] ?? '', url);
      if (typeof jump === 'object') return jump;
      if (jump === undefined) at++;
      else {
        at = lines.findIndex((line) => line.trim() === `:${jump}`);
        if (at < 0) throw new MediumError(`${url}: goto ${jump}, but there is no such label`);
      }
    }
    return { kind: 'local-disk' };
  }

  /** Runs one line: the commands between `||` and `&&`. A label to go to, an outcome, or undefined to go on. */
  async #line(raw: string, url: string): Promise<string | NetworkBoot | undefined> {
    const text = raw.trim();
    if (text === '' || text.startsWith('#') || text.startsWith(':')) return undefined;
    const parts = text.split(/\s+(\|\||&&)(?:\s+|$)/);
    let ok = true;
    let failure = '';
    for (let i = 0; i < parts.length; i += 2) {
      const joint = i === 0 ? '&&' : parts[i - 1];
      if (ok !== (joint === '&&')) continue;
      const words = this.#expand(parts[i] ?? '').trim();
      if (words === '') {
        ok = true;
        continue;
      }
      const outcome = await this.#command(words, url);
      if (typeof outcome !== 'boolean') return 'label' in outcome ? outcome.label : outcome.boot;
      ok = outcome;
      if (!ok) failure = words;
    }
    if (!ok) throw new MediumError(`${url}: iPXE command failed: ${failure}`);
    return undefined;
  }

  async #command(text: string, url: string): Promise<boolean | { label: string } | { boot: NetworkBoot }> {
    const [name = '', ...all] = text.split(/\s+/);
    const words = withoutOptions(all);
    const [first = '', second = ''] = words;
    switch (name) {
      case 'goto':
        return { label: first };
      case 'set':
        this.#variables.set(variableName(first), words.slice(1).join(' '));
        return true;
      case 'inc':
        this.#variables.set(first, String(Number(this.#variables.get(first) ?? 0) + Number(second || 1)));
        return true;
      case 'sleep':
        await this.#card.pause(Number(first) || 0);
        return true;
      case 'clear':
        this.#variables.delete(first);
        return true;
      case 'isset':
        return first !== '';
      case 'iseq':
        return first === second;
      case 'kernel':
      case 'imgselect':
        this.#kernel = { url: new URL(first, url).href, line: words.slice(1).join(' ') };
        return (await this.#fault(this.#kernel.url, kernelFault)) === undefined;
      case 'imgargs':
        if (this.#kernel !== undefined) this.#kernel = { ...this.#kernel, line: words.slice(1).join(' ') };
        return this.#kernel !== undefined;
      case 'initrd':
      case 'module': {
        const target = new URL(first, url).href;
        this.#initrds.push(target);
        return (await this.#fault(target, ramdiskFault)) === undefined;
      }
      case 'boot':
        return this.#boot();
      case 'chain':
        return this.#chain(new URL(first, url).href);
      case 'sanboot':
        return { boot: /^https?:/.test(first) ? { kind: 'iso', url: first } : { kind: 'local-disk' } };
      case 'exit':
        return { boot: { kind: 'local-disk' } };
      case 'reboot':
      case 'poweroff':
        throw new MediumError(`${url}: the script gave up (${name})`);
      case 'false':
        return false;
      default:
        return true; // dhcp, echo, imgfree, console, ...: nothing for a simulated card to do
    }
  }

  async #chain(url: string): Promise<boolean | { boot: NetworkBoot }> {
    try {
      return { boot: await this.run(url) };
    } catch (error) {
      if (error instanceof MediumError) return false;
      throw error;
    }
  }

  #boot(): { boot: NetworkBoot } | false {
    if (this.#kernel === undefined) return false;
    const { url, line } = this.#kernel;
    return { boot: { kind: 'kernel', kernelUrl: url, line: new KernelLine(line), initrdUrls: this.#initrds } };
  }

  async #fault(url: string, check: (head: Buffer) => string | undefined): Promise<string | undefined> {
    const options = { headers: { range: 'bytes=0-4095' }, signal: this.#card.signal };
    const response = await this.#card.http.open(url, options);
    let head = Buffer.alloc(0);
    for await (const chunk of response as AsyncIterable<Buffer>) {
      head = Buffer.concat([head, chunk]);
      if (head.length >= 4096) break;
    }
    response.destroy();
    return response.statusCode === 200 || response.statusCode === 206 ? check(head) : `answered ${response.statusCode}`;
  }

  /** `${name}`, `${name:hexhyp}` and `${a:hexraw}` as iPXE expands them. */
  #expand(text: string): string {
    return text.replace(/\$\{([^}:]+)(?::([^}]+))?\}/g, (_all, name: string, format?: string) => {
      const value = this.#variables.get(name) ?? '';
      if (format === 'hexhyp') return value.replaceAll(':', '-');
      if (format === 'hexraw') return value.replaceAll(':', '');
      return value;
    });
  }
}
