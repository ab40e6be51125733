/** The parameters on a kernel's command line; when one is repeated the last wins, as it does for the real agent. */
export class KernelLine {
  readonly text: string;
  readonly #values: ReadonlyMap<string, string>;

  constructor(text: string) {
    this.text = text;
    const values = new Map<string, string>();
    for (const [quoted] of text.matchAll(/(?:[^\s"]+|"[^"]*")+/g)) {
      const word = quoted.replace(/^"([^"]*)"$/, '$1'); // boot loaders may quote the word as a whole
      const equals = word.indexOf('=');
      const value = equals < 0 ? '' : word.slice(equals + 1);
      values.set(equals < 0 ? word : word.slice(0, equals), value.replace(/^"(.*)"$/, '$1'));
    }
    this.#values = values;
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** True for a bare word and for 1, true, yes and on. */
  flag(name: string): boolean {
    const value = this.#values.get(name)?.toLowerCase();
    return value !== undefined && ['', '1', 'true', 'yes', 'on'].includes(value);
  }
}

/** What a boot loader was told to load. */
export interface KernelEntry {
  readonly kernel: string;
  readonly initrds: readonly string[];
  readonly line: KernelLine;
}

/** The entry a GRUB configuration boots without a human: the one `set default` numbers, else the first. */
export function parseGrub(text: string): KernelEntry | undefined {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const wanted = Number(/^set\s+default\s*=\s*"?(\d+)"?\s*$/m.exec(lines.join('\n'))?.[1] ?? 0);
  const entries: { kernel?: string; line: string; initrds: string[] }[] = [];
  for (const line of lines) {
    if (line.startsWith('#')) continue;
    if (/^menuentry\s/.test(line)) entries.push({ line: '', initrds: [] });
    // A configuration may also boot without any menu.
    if (/^linux(efi|16)?\s/.test(line) && (entries.length === 0 || entries.at(-1)?.kernel !== undefined)) {
      entries.push({ line: '', initrds: [] });
    }
    const entry = entries.at(-1);
    const linux = /^linux(?:efi|16)?\s+(\S.*)$/.exec(line);
    const initrd = /^initrd(?:efi|16)?\s+(.*)$/.exec(line);
    if (entry !== undefined && linux?.[1] !== undefined) {
      const [kernel = '', ...parameters] = grubWords(linux[1]);
      entry.kernel = withoutDevice(kernel);
      entry.line = parameters.map((word) => (/^[^"]*\s[^"]*$/.test(word) ? `"${word}"` : word)).join(' ');
    }
    if (entry !== undefined && initrd?.[1] !== undefined)
      entry.initrds.push(...grubWords(initrd[1]).map(withoutDevice));
  }
  const bootable = entries.filter(({ kernel }) => kernel !== undefined);
  const chosen = bootable[wanted] ?? bootable[0];
  if (chosen?.kernel === undefined) return undefined;
  return { kernel: chosen.kernel, initrds: chosen.initrds, line: new KernelLine(chosen.line) };
}

/**
 * The words of a line of GRUB's shell: single quotes keep everything, double quotes white space, a backslash the next
 * character. GRUB puts words with white space into double quotes again when it hands them to the kernel.
 */
function grubWords(line: string): string[] {
  const words: string[] = [];
  for (const [raw] of line.matchAll(/(?:[^\s'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+/g)) {
    words.push(
      raw.replace(
        /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/g,
        (_all, single?: string, double?: string, escaped?: string) => {
          return single ?? double?.replace(/\\(["\\$])/g, '$1') ?? escaped ?? '';
        },
      ),
    );
  }
  return words;
}

/** The entry an ISOLINUX or SYSLINUX configuration boots without a human: `DEFAULT`, else the first label. */
export function parseSyslinux(text: string): KernelEntry | undefined {
  const labels = new Map<string, { kernel?: string; append: string; initrd?: string }>();
  let wanted: string | undefined;
  let current: { kernel?: string; append: string; initrd?: string } | undefined;
  for (const raw of text.split(/\r?\n/)) {
    const [, keyword = '', rest = ''] = /^\s*(\S+)\s*(.*?)\s*$/.exec(raw) ?? [];
    const word = keyword.toLowerCase();
    if (word === 'default') wanted = rest;
    else if (word === 'label') labels.set(rest, (current = { append: '' }));
    else if (current !== undefined) {
      if (word === 'kernel' || word === 'linux') current.kernel = rest;
      if (word === 'append') current.append = rest;
      if (word === 'initrd') current.initrd = rest;
    }
  }
  const chosen = (wanted === undefined ? undefined : labels.get(wanted)) ?? labels.values().next().value;
  if (chosen?.kernel === undefined) return undefined;
  const line = new KernelLine(chosen.append);
  const initrds = (chosen.initrd ?? line.get('initrd') ?? '').split(',').filter((name) => name !== '');
  return { kernel: chosen.kernel, initrds, line };
}

/** `($root)/vmlinuz` and `(cd0)/vmlinuz` name the medium itself. */
const withoutDevice = (path: string) => path.replace(/^\([^)]*\)/, '');

/** Says what is wrong with the first bytes of a file that ought to be a kernel; undefined when they are one. */
export function kernelFault(head: Buffer): string | undefined {
  const x86 =
    head.length > 0x206 && head.readUInt16LE(0x1fe) === 0xaa55 && head.toString('latin1', 0x202, 0x206) === 'HdrS';
  const arm64 = head.length > 0x3c && head.toString('latin1', 0x38, 0x3c) === 'ARM\x64';
  const efi = head.length > 2 && head.toString('latin1', 0, 2) === 'MZ';
  const gzip = head.length > 2 && head.readUInt16BE(0) === 0x1f8b;
  return x86 || arm64 || efi || gzip ? undefined : 'is no Linux kernel (no boot header)';
}

const ramdiskMagics: readonly string[] = [
  '1f8b',
  '28b52ffd',
  'fd377a585a',
  '425a68',
  '04224d18',
  '02214c18',
  '5d0000',
  '30373037',
];

/** Says what is wrong with the first bytes of a file that ought to be an initial ramdisk. */
export function ramdiskFault(head: Buffer): string | undefined {
  const hex = head.toString('hex', 0, 8);
  return ramdiskMagics.some((magic) => hex.startsWith(magic))
    ? undefined
    : 'is no initial ramdisk (neither cpio nor compressed)';
}
