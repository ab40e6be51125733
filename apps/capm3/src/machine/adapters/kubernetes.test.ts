import { beforeEach, expect, test } from '@jest/globals';
import { type MemoryKubernetes, memoryKubernetes } from '@metal3/kube-testing';
import { bareMetalHost, type BareMetalHost } from '@metal3/metal3-api';
import type { HostBook } from '../ports.ts';
import { kubernetesHostBook } from './kubernetes.ts';

const key = { namespace: 'metal3', name: 'host-0' };
const consumer = (name: string) => ({ kind: 'Metal3Machine', namespace: 'metal3', name });
const claimFor = (name: string) => ({ spec: { consumerRef: consumer(name), online: true } });

let server: MemoryKubernetes;
let book: HostBook;
let free: BareMetalHost;
beforeEach(async () => {
  server = memoryKubernetes();
  book = kubernetesHostBook(server);
  free = await server.create(bareMetalHost, { metadata: key, spec: { online: false } });
});

test('of two machines that saw the same free host, the first gets it and the second is told by whom it was taken', async () => {
  await book.change(free, claimFor('first'));
  await expect(book.change(free, claimFor('second'))).rejects.toMatchObject({
    code: 'Conflict',
    message: expect.stringContaining('host-0 is first by now'),
  });
  expect((await server.get(bareMetalHost, key)).spec).toMatchObject({ consumerRef: consumer('first') });
});

test('a host that was taken from a machine is not given free by it', async () => {
  const claimed = await book.change(free, claimFor('first'));
  await server.patch(bareMetalHost, key, { type: 'merge', body: { spec: { consumerRef: consumer('second') } } });
  await expect(book.change(claimed, { spec: { consumerRef: null } })).rejects.toMatchObject({ code: 'Conflict' });
  expect((await server.get(bareMetalHost, key)).spec).toMatchObject({ consumerRef: consumer('second') });
});

test('what others change of a host meanwhile, besides its consumer, is no obstacle', async () => {
  await server.patch(bareMetalHost, key, { type: 'merge', body: { metadata: { labels: { rack: 'r1' } } } });
  const claimed = await book.change(free, claimFor('first'));
  expect(claimed).toMatchObject({ metadata: { labels: { rack: 'r1' } }, spec: { consumerRef: consumer('first') } });
});
