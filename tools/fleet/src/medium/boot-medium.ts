import { MediumError, type BlockSource } from './blocks.ts';
import { FatVolume } from './fat.ts';
import { Iso, type BootImage, type BootPlatform, type IsoEntry } from './iso9660.ts';
import { kernelFault, parseGrub, parseSyslinux, ramdiskFault, type KernelEntry } from './kernel-line.ts';

/** A medium that led to a kernel: the ISO, and what its boot loader was told. */
export interface BootedMedium {
  readonly iso: Iso;
  readonly entry: KernelEntry;
  /** Where the boot loader found its configuration. */
  readonly configPath: string;
}

type Parser = (text: string) => KernelEntry | undefined;

const efiLoaders = ['/EFI/BOOT/BOOTX64.EFI', '/EFI/BOOT/BOOTAA64.EFI'] as const;
const grubFolders = ['/EFI/BOOT', '/boot/grub', '/boot/grub2', '/grub'];
const syslinuxFiles = [
  '/isolinux/isolinux.cfg',
  '/boot/isolinux/isolinux.cfg',
  '/isolinux.cfg',
  '/syslinux/syslinux.cfg',
];

/**
 * Boots a CD the way firmware and boot loader do: the El Torito entry for this firmware must be there and readable, the
 * boot loader's configuration must name a kernel and ramdisks, and those must be on the medium and be what they claim.
 * @throws MediumError saying what is missing
 */
export async function bootFromIso(source: BlockSource, platform: BootPlatform): Promise<BootedMedium> {
  const iso = await Iso.open(source);
  const image = iso.bootImages.find((candidate) => candidate.platform === platform);
  if (image === undefined) {
    const offered = iso.bootImages.map((candidate) => candidate.platform).join(', ') || 'none';
    throw new MediumError(`the ISO has no El Torito boot entry for ${platform} firmware (it has: ${offered})`);
  }
  await checkLoader(source, image);

  for (const [path, parse] of await configurations(iso, platform)) {
    const file = await iso.find(path);
    if (file === undefined || file.directory) continue;
    const entry = parse((await iso.content(file)).toString('utf8'));
    if (entry === undefined) throw new MediumError(`${path} names no kernel`);
    await check(iso, entry.kernel, configPathFolder(path), kernelFault);
    if (entry.initrds.length === 0) throw new MediumError(`${path} names no initial ramdisk`);
    for (const initrd of entry.initrds) await check(iso, initrd, configPathFolder(path), ramdiskFault);
    return { iso, entry, configPath: path };
  }
  throw new MediumError(`no boot loader configuration for ${platform} firmware on the ISO`);
}

/** Firmware starts the removable-media loader of an EFI system partition, or the first sectors of a BIOS boot image. */
async function checkLoader(source: BlockSource, { platform, offset }: BootImage): Promise<void> {
  if (platform === 'bios') {
    if ((await source.read(offset, 512)).length < 512) throw new MediumError('the medium ends before its boot image');
    return;
  }
  const volume = await FatVolume.open(source, offset);
  for (const path of efiLoaders) {
    const head = await volume.head(path, 2);
    if (head?.toString('latin1') === 'MZ') return;
  }
  throw new MediumError(`the EFI system partition on the medium has no boot loader (${efiLoaders.join(' or ')})`);
}

async function configurations(iso: Iso, platform: BootPlatform): Promise<readonly (readonly [string, Parser])[]> {
  const folders = [...grubFolders];
  const efi = await iso.find('/EFI');
  // Distributions keep theirs under their own name, for example /EFI/centos.
  if (efi?.directory === true) {
    for (const { name, directory } of await iso.list(efi)) if (directory) folders.push(`/EFI/${name}`);
  }
  const grub = [...new Set(folders)].map((folder) => [`${folder}/grub.cfg`, parseGrub] as const);
  const syslinux = syslinuxFiles.map((path) => [path, parseSyslinux] as const);
  return platform === 'uefi' ? grub : [...syslinux, ...grub];
}

async function check(
  iso: Iso,
  path: string,
  folder: string,
  fault: (head: Buffer) => string | undefined,
): Promise<void> {
  const file = await findFrom(iso, path, folder);
  if (file === undefined || file.directory) throw new MediumError(`${path} is not on the medium`);
  const wrong = file.size === 0 ? 'is empty' : fault(await iso.read(file, 0, 4096));
  if (wrong !== undefined) throw new MediumError(`${path} ${wrong}`);
  await iso.read(file, Math.max(0, file.size - 512), 512); // the last sector too: a truncated ISO must not boot
}

/** ISOLINUX takes relative names from its own folder first. */
async function findFrom(iso: Iso, path: string, folder: string): Promise<IsoEntry | undefined> {
  return (path.startsWith('/') ? undefined : await iso.find(`${folder}/${path}`)) ?? iso.find(path);
}

const configPathFolder = (path: string) => path.slice(0, path.lastIndexOf('/'));
