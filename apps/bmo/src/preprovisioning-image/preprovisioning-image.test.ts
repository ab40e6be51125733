import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { preprovisioningImage, type PreprovisioningImage } from '@metal3/metal3-api';
import { secretKind } from '../host/adapters/secret.ts';
import { caughtUp, deleteHost, imageSources, namespace, newWorld, type World } from '../host/testing/world.ts';
import { now } from '../host/testing/view.ts';
import { decideImage, type ImageView } from './decide.ts';
import type { ImageSources } from './sources.ts';

const nowhere = { url: '', byArch: '', x86_64: '', aarch64: '' };
const none: ImageSources = { kernel: nowhere, ramdisk: nowhere, iso: nowhere };
const file = (name: string) => `http://192.0.2.2/${name}`;
const pair: ImageSources = {
  ...none,
  kernel: { ...nowhere, url: file('kernel') },
  ramdisk: { ...nowhere, url: file('ramdisk'), byArch: `S390x:${file('ramdisk.s390x')}`, aarch64: file('ramdisk.arm') },
};
const imageOf = (spec: PreprovisioningImage['spec']): PreprovisioningImage => ({
  apiVersion: 'metal3.io/v1alpha1',
  kind: 'PreprovisioningImage',
  metadata: { name: 'host-1', namespace, generation: 4 },
  spec: { architecture: 'x86_64', acceptFormats: ['iso', 'initrd'], ...spec },
});
const decide = (spec: PreprovisioningImage['spec'], more: Partial<ImageView> = {}) =>
  decideImage({ image: imageOf(spec), sources: imageSources, networkData: undefined, now, ...more });
const said = (status: PreprovisioningImage['status']) =>
  status?.conditions?.map(({ type, status: is, reason, observedGeneration }) => [type, is, reason, observedGeneration]);

describe('the built-in provider of images', () => {
  test.each<[string, PreprovisioningImage['spec'], ImageSources, object]>([
    ['the first format that there is', {}, imageSources, { format: 'iso', imageUrl: file('ipa.iso') }],
    ['an initrd with its kernel', {}, pair, { format: 'initrd', imageUrl: file('ramdisk'), kernelUrl: file('kernel') }],
    ['that of the architecture', { architecture: 'aarch64' }, pair, { imageUrl: file('ramdisk.arm') }],
    ['that of a list', { architecture: 's390x' }, pair, { imageUrl: file('ramdisk.s390x') }],
  ])('gives %s', (_sentence, spec, sources, status) => {
    const decision = decide(spec, { sources });
    expect(decision.status).toMatchObject({ architecture: spec.architecture ?? 'x86_64', ...status });
    expect(said(decision.status)).toEqual([
      ['Ready', 'True', 'ImageSuccess', 4],
      ['Error', 'False', 'ImageSuccess', 4],
    ]);
  });

  test.each<[string, PreprovisioningImage['spec'], Partial<ImageView>, string]>([
    ['of no format that is accepted', { acceptFormats: ['initrd'] }, {}, 'ConfigurationError'],
    ['when no format is accepted', { acceptFormats: [] }, {}, 'ConfigurationError'],
    ['whose Secret is missing', { networkDataName: 'net' }, { networkData: 'missing' }, 'MissingNetworkData'],
    [
      'for an architecture without one',
      { architecture: 'aarch64' },
      { sources: { ...none, iso: { ...nowhere, x86_64: file('ipa.iso') } } },
      'ConfigurationError',
    ],
  ])('gives none %s, and says why', (_sentence, spec, more, reason) => {
    const decision = decide(spec, more);
    expect(decision.status?.imageUrl).toBeUndefined();
    expect(said(decision.status)).toEqual([
      ['Ready', 'False', reason, 4],
      ['Error', 'True', reason, 4],
    ]);
  });

  test('has nothing to say twice, and asks for a missing Secret less and less often', () => {
    const first = decide({ networkDataName: 'net' }, { networkData: 'missing' });
    expect(first.recheckIn).toBe(10);
    const image = { ...imageOf({ networkDataName: 'net' }), ...(first.status && { status: first.status }) };
    const later = decideImage({ image, sources: imageSources, networkData: 'missing', now: now + 95 });
    expect(later).toEqual({ status: undefined, recheckIn: 105 });
  });
});

describe('a host whose images are built', () => {
  let world: World;
  beforeEach(async () => {
    world = await newWorld({ buildsImages: true });
    world.ironic.inventory = { inventory: { cpu: { architecture: 'x86_64' } }, pluginData: {} };
  });
  afterEach(() => world.stop());
  const name = 'host-1';
  const key = { namespace, name };
  const find = () => world.kubernetes.find(preprovisioningImage, key);
  const node = () => [...world.ironic.nodes.values()][0];

  test('asks for one, waits for it, boots it, and lets it go at last', async () => {
    await world.createSecret('net', { networkData: '{"links":[],"networks":[],"services":[]}' });
    await world.enrol(
      name,
      { preprovisioningNetworkDataName: 'net', architecture: 'x86_64' },
      { labels: { rack: '7' } },
    );
    await world.until(name, 'inspecting');
    expect(await world.pass(name)).toBe(300);
    const asked = await find();
    expect(asked?.spec).toEqual({ architecture: 'x86_64', acceptFormats: ['iso', 'initrd'], networkDataName: 'net' });
    expect(asked?.metadata).toMatchObject({
      labels: { rack: '7' },
      finalizers: ['baremetalhost.metal3.io/preprovisioningImage'],
      ownerReferences: [{ kind: 'BareMetalHost', name, controller: true }],
    });
    expect(node()?.provisionState).toBe('manageable');

    await world.imagePass(name);
    const { resourceVersion } = (await world.kubernetes.get(secretKind, { namespace, name: 'net' })).metadata;
    expect((await find())?.status?.networkData).toEqual({ name: 'net', version: resourceVersion });
    await world.pass(name);
    expect(node()?.provisionState).toBe('inspecting');
    expect(node()?.driverInfo).toMatchObject({ deploy_iso: file('ipa.iso') });
    // Its network is in the image.
    expect(node()?.networkData ?? {}).toEqual({});

    await world.until(name, 'available');
    await deleteHost(world, name);
    await world.until(name, undefined);
    expect((await find())?.metadata.finalizers).toEqual(['preprovisioningimage.metal3.io']);
    await world.kubernetes.delete(preprovisioningImage, key);
    await caughtUp();
    await world.imagePass(name);
    expect(await find()).toBeUndefined();
  });

  test('says why there is none, and goes on when there is', async () => {
    await world.enrol(name, { architecture: 'x86_64' });
    await world.until(name, 'inspecting');
    await world.pass(name);
    const condition = {
      status: 'True',
      reason: 'ImageBuildInvalid',
      message: 'no such network',
      observedGeneration: 1,
    };
    const conditions = [{ ...condition, type: 'Error', lastTransitionTime: '2026-01-01T00:00:00Z' }];
    await world.kubernetes.patchStatus(preprovisioningImage, key, {
      type: 'merge',
      body: { status: { architecture: 'x86_64', conditions } },
    });
    await caughtUp();
    await world.pass(name);
    expect((await world.host(name)).status).toMatchObject({
      errorType: 'registration error',
      errorMessage: 'PreprovisioningImage: no such network',
    });
    await world.imagePass(name);
    await world.until(name, 'available');
    expect((await world.host(name)).status).toMatchObject({ operationalStatus: 'OK', errorMessage: '' });
  });
});
