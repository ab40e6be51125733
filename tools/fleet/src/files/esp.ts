const sectorSize = 512;
const sectors = 128;
const fatSectors = 1;
const rootEntries = 16;
const rootAt = (1 + fatSectors) * sectorSize;
const dataAt = rootAt + rootEntries * 32;

/**
 * An EFI system partition for boot media: FAT12 with one file, EFI/BOOT/BOOTX64.EFI, that passes for a boot loader. Simulated
 * machines check that it is there and then read grub.cfg from the medium, as the real loader would.
 */
export function efiSystemPartition(): Buffer {
  const image = Buffer.alloc(sectors * sectorSize);
  image.set([0xeb, 0x3c, 0x90]);
  image.write('FLEET   ', 3, 'latin1');
  image.writeUInt16LE(sectorSize, 11);
  image.writeUInt8(1, 13); // sectors per cluster
  image.writeUInt16LE(1, 14); // reserved sectors
  image.writeUInt8(1, 16); // number of FATs
  image.writeUInt16LE(rootEntries, 17);
  image.writeUInt16LE(sectors, 19);
  image.writeUInt8(0xf8, 21);
  image.writeUInt16LE(fatSectors, 22);
  image.writeUInt8(0x29, 38);
  image.write('ESP        FAT12   ', 43, 'latin1');
  image.writeUInt16LE(0xaa55, 510);

  const loader = Buffer.alloc(sectorSize);
  loader.write('MZ', 0, 'latin1');
  loader.write('simulated boot loader', 64, 'latin1');
  // Clusters 2, 3 and 4: EFI, EFI/BOOT and the loader, each one long.
  image.set([0xf8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f], sectorSize);
  image.set(entry('EFI        ', true, 2), rootAt);
  image.set(folder(2, 0, entry('BOOT       ', true, 3)), cluster(2));
  image.set(folder(3, 2, entry('BOOTX64 EFI', false, 4, loader.length)), cluster(3));
  image.set(loader, cluster(4));
  return image;
}

const cluster = (number: number) => dataAt + (number - 2) * sectorSize;

function folder(own: number, parent: number, content: Buffer): Buffer {
  return Buffer.concat([entry('.          ', true, own), entry('..         ', true, parent), content]);
}

function entry(name: string, directory: boolean, first: number, size = 0): Buffer {
  const bytes = Buffer.alloc(32);
  bytes.write(name, 0, 'latin1');
  bytes.writeUInt8(directory ? 0x10 : 0x20, 11);
  bytes.writeUInt16LE(first, 26);
  bytes.writeUInt32LE(size, 28);
  return bytes;
}
