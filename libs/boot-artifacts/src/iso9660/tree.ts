import type { Content } from '../extents.ts';
import { jolietName, primaryName } from './names.ts';

/** One file to put on an image. */
export interface ImageFile {
  /** Slash-separated, without a leading slash: `openstack/latest/user_data`. */
  readonly path: string;
  readonly content: Content;
}

export interface FileEntry {
  readonly kind: 'file';
  readonly name: string;
  readonly file: ImageFile;
}

export interface DirectoryEntry {
  readonly kind: 'directory';
  readonly name: string;
  readonly children: (FileEntry | DirectoryEntry)[];
}

/** Folders of a list of paths. Throws RangeError for empty or repeated names. */
export function buildTree(files: readonly ImageFile[]): DirectoryEntry {
  const root: DirectoryEntry = { kind: 'directory', name: '', children: [] };
  for (const file of files) {
    const parts = file.path.split('/');
    const name = parts.pop() ?? '';
    let folder = root;
    for (const part of parts) folder = enter(folder, part, file.path);
    if (name === '' || folder.children.some((child) => child.name === name)) {
      throw new RangeError(`"${file.path}" is empty or stands twice on the image`);
    }
    folder.children.push({ kind: 'file', name, file });
  }
  return root;
}

function enter(folder: DirectoryEntry, name: string, path: string): DirectoryEntry {
  if (name === '' || name === '.' || name === '..') throw new RangeError(`"${path}" is not a plain relative path`);
  const found = folder.children.find((child) => child.name === name);
  if (found?.kind === 'file') throw new RangeError(`"${path}" goes through a file`);
  if (found !== undefined) return found;
  const created: DirectoryEntry = { kind: 'directory', name, children: [] };
  folder.children.push(created);
  return created;
}

/** A directory of one of the two trees with the identifiers of that tree, sorted as the standard asks. */
export interface NamedDirectory {
  readonly entry: DirectoryEntry;
  /** 1-based number in the path table. */
  readonly number: number;
  readonly parent: NamedDirectory | undefined;
  readonly identifier: Uint8Array;
  readonly children: readonly { readonly identifier: Uint8Array; readonly entry: FileEntry | DirectoryEntry }[];
}

const ascii = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** All directories in path table order: by level, then by parent, then by identifier. */
export function nameDirectories(root: DirectoryEntry, tree: 'primary' | 'joliet'): NamedDirectory[] {
  const all: NamedDirectory[] = [];
  const name = (entry: DirectoryEntry, identifier: Uint8Array, parent: NamedDirectory | undefined): NamedDirectory => {
    const taken = new Set<string>();
    const children = entry.children
      .map((child) => {
        if (tree === 'joliet') return { identifier: jolietName(child.name, child.kind), entry: child };
        const primary = primaryName(child.name, child.kind, taken);
        taken.add(primary);
        return { identifier: ascii(primary), entry: child };
      })
      .sort((one, other) => Buffer.compare(one.identifier, other.identifier));
    const directory: NamedDirectory = { entry, number: all.length + 1, parent, identifier, children };
    all.push(directory);
    return directory;
  };
  let level = [name(root, Uint8Array.of(0), undefined)];
  while (level.length > 0) {
    level = level.flatMap((parent) =>
      parent.children.flatMap(({ entry, identifier }) =>
        entry.kind === 'directory' ? [name(entry, identifier, parent)] : [],
      ),
    );
  }
  return all;
}
