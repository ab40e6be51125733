/** Bytes to `52:54:00:aa:bb:01`. */
export function formatMac(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += (text === '' ? '' : ':') + byte.toString(16).padStart(2, '0');
  return text;
}

/** `52:54:00:aa:bb:01`, also with dashes or without separators, to six bytes; undefined when it is no MAC address. */
export function readMacBytes(text: string): Uint8Array | undefined {
  const digits = text.toLowerCase().replace(/[:.-]/g, '');
  if (!/^[0-9a-f]{12}$/.test(digits)) return undefined;
  return Uint8Array.from({ length: 6 }, (_, index) => Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16));
}
