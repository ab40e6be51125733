import { checkKernelLine } from './kernel-line.ts';

/** Kernel, ramdisk and command line as a boot loader's configuration names them. */
export interface LinuxEntry {
  /** Path or URL of the kernel. */
  readonly kernel: string;
  readonly ramdisk: string;
  /** Complete command line. */
  readonly parameters: string;
}

/**
 * GRUB 2 configuration that boots one entry at once. `marker` is the path of a file that only this medium has: by it GRUB finds the
 * medium whatever it was loaded from. A label will not do: the config drive that an earlier deployment left on the disk has the same one
 * as a medium with network data, and GRUB looks at disks first.
 * Words that mean something to GRUB's shell stand in single quotes. A medium that cannot be read is tried again, and in the end the machine
 * restarts: left alone, GRUB would show its menu for ever.
 */
export function grubConfig({ kernel, ramdisk, parameters }: LinuxEntry, marker: string): string {
  const words = splitWords(parameters).map(grubWord);
  return [
    'set default=0',
    'set timeout=0',
    'set fallback=1',
    `search --no-floppy --set=root --file ${grubWord(marker)}`,
    "menuentry 'metal3' {",
    `  linux ${[kernel, ...words].join(' ')}`,
    `  initrd ${ramdisk}`,
    '}',
    ...tryAgain,
    '',
  ].join('\n');
}

/** What GRUB goes on with when the entry fails. Each try reads the configuration in a new context, which only exported variables reach. */
const tryAgain = [
  "menuentry 'try again' {",
  '  if [ "x$metal3_tries" != x..... ]; then',
  '    set metal3_tries=".$metal3_tries"',
  '    export metal3_tries',
  "    echo 'The boot medium cannot be read, trying again in 5 seconds'",
  '    sleep 5',
  '    configfile /boot/grub/grub.cfg',
  '  fi',
  "  echo 'The boot medium cannot be read, restarting the machine in 10 seconds'",
  '  sleep 10',
  '  reboot',
  '}',
];

/**
 * One word for GRUB's shell. Double quotes go: GRUB itself puts words with white space into double quotes when it makes the command
 * line, and would escape ours.
 */
function grubWord(word: string): string {
  const bare = word.replaceAll('"', '');
  if (!/[\s;&|<>(){}$#'\\*?[\]~`!]/.test(bare)) return bare;
  return `'${bare.replaceAll("'", `'\\''`)}'`;
}

/** Words of a command line; double quotes keep white space together and stay part of the word. */
function splitWords(line: string): string[] {
  return [...checkKernelLine(line).matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) => word);
}

/** ISOLINUX configuration that boots one entry at once. It takes the rest of the APPEND line as it is. */
export function isolinuxConfig({ kernel, ramdisk, parameters }: LinuxEntry): string {
  return [
    'default metal3',
    'prompt 0',
    'timeout 0',
    'label metal3',
    `  kernel ${kernel}`,
    `  append initrd=${ramdisk} ${checkKernelLine(parameters)}`,
    '',
  ].join('\n');
}

/** iPXE script that boots one entry, trying the downloads five times. */
export function ipxeScript({ kernel, ramdisk, parameters }: LinuxEntry): string {
  const line = checkKernelLine(parameters);
  return [
    '#!ipxe',
    'set attempts:int32 0',
    ':fetch',
    'imgfree',
    // The loader names the ramdisk after its last path segment; UEFI kernels find it by that name only.
    `kernel ${kernel} initrd=ramdisk ${line} BOOTIF=01-\${netX/mac:hexhyp} || goto failed`,
    `initrd --name ramdisk ${ramdisk} || goto failed`,
    'boot || goto failed',
    ':failed',
    'inc attempts',
    'iseq ${attempts} 5 && goto give_up ||',
    'echo Attempt ${attempts} failed, trying again in 3 seconds',
    'sleep 3',
    'goto fetch',
    ':give_up',
    'echo Could not boot over the network',
    'sleep 10',
    'reboot',
    '',
  ].join('\n');
}

/** iPXE script that attaches an ISO and boots from it. */
export function ipxeIsoScript(isoUrl: string): string {
  return ['#!ipxe', `sanboot --no-describe ${checkKernelLine(isoUrl)}`, ''].join('\n');
}

/** iPXE script that hands over to the disk: UEFI goes on with its boot order, BIOS has to be told. */
export function ipxeLocalBootScript(): string {
  return ['#!ipxe', 'iseq ${platform} efi && exit 0 || sanboot --no-describe --drive 0x80', ''].join('\n');
}
