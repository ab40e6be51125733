/**
 * The path below a folder that a client means: `/a\b` is `a/b`. Undefined for what would lead out of the folder or is no path at all.
 */
export function cleanPath(name: string): string | undefined {
  const parts = name
    .replaceAll('\\', '/')
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  const odd = parts.some((part) => part === '..' || !/^[\x20-\x7e]+$/.test(part));
  return odd || parts.length === 0 || name.length > 255 ? undefined : parts.join('/');
}
