import { gzipSync } from 'node:zlib';

/** What collect_system_logs and inspection send: base64 of a gzipped tar with one journal in it. */
export function systemLogs(machine: string): string {
  return gzipSync(tar('journal', Buffer.from(`simulated agent on ${machine}: nothing to complain about\n`))).toString(
    'base64',
  );
}

/** A tar archive of one file (POSIX ustar). */
function tar(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.fill(' ', 148, 156);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([header, content, padding, Buffer.alloc(1024)]);
}
