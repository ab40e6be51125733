import { join } from 'node:path';
import { cacheDir } from '@metal3/local-servers';
import { ensureBuilt } from './recipe.ts';

/** What machines boot, as files. */
export interface Artefacts {
  readonly kernel: string;
  readonly ramdisk: string;
  /** Names and versions of everything in the ramdisk. */
  readonly contents: string;
  /** The EFI system partition image for boot media. */
  readonly espImage: string;
  readonly osRaw: string;
  readonly osQcow2: string;
  readonly liveIso: string;
}

const lab = join(import.meta.dirname, '..');

/** Finds what machines boot in the cache, or builds it: the agent's ramdisk (minutes, once), signed boot loaders, and an operating system's image. */
export async function ensureArtefacts(say: (line: string) => void): Promise<Artefacts> {
  const cache = join(cacheDir(), 'lab');
  // Both wait for Debian's servers most of the time.
  const [ramdisk, loaders] = await Promise.all([
    ensureBuilt(
      {
        name: 'ramdisk',
        folder: join(lab, 'ramdisk'),
        needs: [],
        makes: ['vmlinuz', 'initramfs', 'contents.txt', 'modules.tar', 'busybox'],
        takes: 'one to three minutes',
      },
      { cache, say },
    ),
    ensureBuilt(
      {
        name: 'boot-loaders',
        folder: join(lab, 'boot-loaders'),
        needs: [],
        makes: ['shimx64.efi', 'grubx64.efi'],
        takes: 'less than a minute',
      },
      { cache, say },
    ),
  ]);
  const system = await ensureBuilt(
    {
      name: 'os-image',
      folder: join(lab, 'os-image'),
      needs: [ramdisk, loaders],
      makes: ['os.raw', 'os.qcow2', 'live.iso', 'esp.img'],
      takes: 'seconds',
    },
    { cache, say },
  );
  return {
    kernel: join(ramdisk, 'vmlinuz'),
    ramdisk: join(ramdisk, 'initramfs'),
    contents: join(ramdisk, 'contents.txt'),
    espImage: join(system, 'esp.img'),
    osRaw: join(system, 'os.raw'),
    osQcow2: join(system, 'os.qcow2'),
    liveIso: join(system, 'live.iso'),
  };
}
