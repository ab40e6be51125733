import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Monitor, MonitorError, type MonitorEvent } from './monitor.ts';

interface Command {
  readonly execute: string;
  readonly id: number;
}

/** Speaks as QEMU does: a greeting, then answers, which may come in any order and with events between. */
let answer: (command: Command, socket: Socket) => void;
let server: Server;
let folder: string;
let path: string;
const sockets = new Set<Socket>();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'metal3-monitor-'));
  path = join(folder, 'monitor.sock');
  answer = ({ id }, socket) => socket.write(`{"return": {}, "id": ${id}}\r\n`);
  server = createServer((socket) => {
    sockets.add(socket);
    socket.write('{"QMP": {"version": {}, "capabilities": []}}\r\n');
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      for (const line of chunk.toString().split('\n').filter(Boolean)) answer(JSON.parse(line) as Command, socket);
    });
  });
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a monitor is there as soon as QEMU listens', async () => {
  const opening = Monitor.open(path, () => undefined);
  setTimeout(() => server.listen(path), 120);
  const monitor = await opening;
  await expect(monitor.run('cont')).resolves.toEqual({});
  monitor.close();
});

test('answers find their commands, and events are told, however the bytes are cut', async () => {
  const events: MonitorEvent[] = [];
  server.listen(path);
  const monitor = await Monitor.open(path, (event) => events.push(event));
  const held: Command[] = [];
  answer = (command, socket) => {
    held.push(command);
    if (held.length < 2) return;
    const [first, second] = held;
    const text = `{"return": 2, "id": ${second?.id}}\r\n{"event": "SHUTDOWN", "data": {"reason": "guest-reset"}}\r\n{"return": 1, "id": ${first?.id}}\r\n`;
    socket.write(text.slice(0, 30));
    setTimeout(() => socket.write(text.slice(30)), 20);
  };
  await expect(Promise.all([monitor.run('a'), monitor.run('b')])).resolves.toEqual([1, 2]);
  expect(events).toEqual([{ event: 'SHUTDOWN', data: { reason: 'guest-reset' } }]);
  monitor.close();
});

test('what QEMU refuses is an error with its words', async () => {
  server.listen(path);
  const monitor = await Monitor.open(path, () => undefined);
  answer = ({ id }, socket) =>
    socket.write(`{"error": {"class": "GenericError", "desc": "Server does not support 'range'"}, "id": ${id}}\r\n`);
  await expect(monitor.run('blockdev-add')).rejects.toThrow("blockdev-add: Server does not support 'range'");
  monitor.close();
});

test('commands that were under way when QEMU ended fail', async () => {
  server.listen(path);
  const monitor = await Monitor.open(path, () => undefined);
  answer = (_, socket) => socket.destroy();
  await expect(monitor.run('cont')).rejects.toThrow(new MonitorError('cont: QEMU has ended'));
  await expect(monitor.run('cont')).rejects.toThrow(MonitorError);
});
