/** Writes small ISO 9660 images for tests: plain names in upper case, the real ones as Rock Ridge NM entries, El Torito. */
import { efiSystemPartition } from '../src/files/esp.ts';

export interface IsoContent {
  readonly files: Readonly<Record<string, string | Buffer>>;
  readonly label?: string;
  readonly boot?: readonly ('bios' | 'uefi')[];
  /** The EFI system partition; a sound one by default. */
  readonly esp?: Buffer;
}

const sector = 2048;

interface Node {
  readonly name: string;
  readonly children: Map<string, Node> | undefined;
  readonly content: Buffer;
  at: number;
  size: number;
}

export function writeIso({
  files,
  label = 'TEST',
  boot = ['bios', 'uefi'],
  esp = efiSystemPartition(),
}: IsoContent): Buffer {
  const root: Node = folder('');
  for (const [path, content] of Object.entries(files)) add(root, path.split('/').filter(Boolean), Buffer.from(content));
  const bootSector = 20;
  let next = bootSector + Math.ceil(esp.length / sector);
  const folders: Node[] = [];
  const leaves: Node[] = [];
  const walk = (node: Node) => {
    (node.children === undefined ? leaves : folders).push(node);
    for (const child of node.children?.values() ?? []) walk(child);
  };
  walk(root);
  for (const node of folders) {
    node.size = Math.ceil(records(node).length / sector) * sector;
    node.at = next;
    next += node.size / sector;
  }
  for (const node of leaves) {
    node.size = node.content.length;
    node.at = next;
    next += Math.max(1, Math.ceil(node.size / sector));
  }
  const image = Buffer.alloc(next * sector);
  image.set(volume(label, root, next), 16 * sector);
  image.set(Buffer.from('\0CD001\x01EL TORITO SPECIFICATION', 'latin1'), 17 * sector);
  image.writeUInt32LE(19, 17 * sector + 71);
  image.set(Buffer.from('\xffCD001\x01', 'latin1'), 18 * sector);
  image.set(catalogue(boot, bootSector), 19 * sector);
  image.set(esp, bootSector * sector);
  for (const node of folders) image.set(records(node), node.at * sector);
  for (const node of leaves) image.set(node.content, node.at * sector);
  return image;
}

function folder(name: string): Node {
  return { name, children: new Map(), content: Buffer.alloc(0), at: 0, size: sector };
}

function add(parent: Node, [name = '', ...rest]: readonly string[], content: Buffer): void {
  if (rest.length === 0) {
    parent.children?.set(name, { name, children: undefined, content, at: 0, size: content.length });
    return;
  }
  const existing = parent.children?.get(name) ?? folder(name);
  parent.children?.set(name, existing);
  add(existing, rest, content);
}

function records(node: Node): Buffer {
  const all = [record(node, '\0', false), record(node, '\x01', false)];
  for (const child of node.children?.values() ?? []) all.push(record(child, plain(child), true));
  return Buffer.concat(all);
}

const plain = ({ name, children }: Node) => {
  const [base = '', extension = ''] = name
    .toUpperCase()
    .replace(/[^A-Z0-9.]/g, '_')
    .split('.');
  return children === undefined ? `${base.slice(0, 8)}.${extension.slice(0, 3)};1` : base.slice(0, 8);
};

function record(node: Node, name: string, rockRidge: boolean): Buffer {
  const nm = rockRidge
    ? Buffer.concat([Buffer.from('NM'), Buffer.from([5 + node.name.length, 1, 0]), Buffer.from(node.name)])
    : Buffer.alloc(0);
  const head = 33 + name.length + (name.length % 2 === 0 ? 1 : 0);
  const length = Math.ceil((head + nm.length) / 2) * 2;
  const bytes = Buffer.alloc(length);
  bytes[0] = length;
  bytes.writeUInt32LE(node.at, 2);
  bytes.writeUInt32BE(node.at, 6);
  bytes.writeUInt32LE(node.size, 10);
  bytes.writeUInt32BE(node.size, 14);
  bytes[25] = node.children === undefined ? 0 : 2;
  bytes[32] = name.length;
  bytes.write(name, 33, 'latin1');
  bytes.set(nm, head);
  return bytes;
}

function volume(label: string, root: Node, sectors: number): Buffer {
  const bytes = Buffer.alloc(sector);
  bytes.write('\x01CD001\x01', 0, 'latin1');
  bytes.write(label.padEnd(32), 40, 'latin1');
  bytes.writeUInt32LE(sectors, 80);
  bytes.set(record(root, '\0', false), 156);
  return bytes;
}

function catalogue(boot: readonly ('bios' | 'uefi')[], at: number): Buffer {
  const bytes = Buffer.alloc(sector);
  const [first, second] = boot;
  if (first === undefined) return bytes;
  bytes[0] = 1;
  bytes[1] = first === 'bios' ? 0 : 0xef;
  bytes.writeUInt16LE(0xaa55, 30);
  const entry = (offset: number) => {
    bytes[offset] = 0x88;
    bytes.writeUInt16LE(4, offset + 6);
    bytes.writeUInt32LE(at, offset + 8);
  };
  entry(32);
  if (second !== undefined) {
    bytes[64] = 0x91;
    bytes[65] = second === 'bios' ? 0 : 0xef;
    bytes.writeUInt16LE(1, 66);
    entry(96);
  }
  return bytes;
}
