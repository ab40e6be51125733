import { expect, test } from '@jest/globals';
import { configMap, type ConfigMap, type Kind, type KubeObject } from '@metal3/kube-client';
import { BadReview, conversionWebhook, mutatingWebhook, validatingWebhook, webhookPath } from './webhook.ts';

const object: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { colour: 'red' } };
const review = (request: object = {}) => ({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: 'u-1',
    kind: { group: '', version: 'v1', kind: 'ConfigMap' },
    name: 'a',
    operation: 'CREATE',
    userInfo: {},
    object,
    ...request,
  },
});

test('serves each kind under the path that controller-runtime uses', () => {
  const host: Kind = { group: 'metal3.io', version: 'v1alpha1', kind: 'BareMetalHost', plural: 'x', namespaced: true };
  expect(webhookPath('validate', host)).toBe('/validate-metal3-io-v1alpha1-baremetalhost');
});

test('allows, with warnings', async () => {
  const webhook = validatingWebhook(configMap, () => ({ warnings: ['old field'] }));
  expect(await webhook.answer(review())).toEqual({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid: 'u-1', allowed: true, warnings: ['old field'] },
  });
});

test('refuses with all problems at once, each with its field', async () => {
  const webhook = validatingWebhook(configMap, ({ object: given }) => ({
    problems: [
      { field: 'data.colour', message: `${given?.data?.['colour']} is no colour` },
      { field: 'data.size', message: 'is required', reason: 'FieldValueRequired' },
    ],
  }));
  expect(await webhook.answer(review())).toMatchObject({
    response: {
      allowed: false,
      status: {
        code: 422,
        reason: 'Invalid',
        message: 'ConfigMap. "a" is invalid: [data.colour: red is no colour, data.size: is required]',
        details: { causes: [{ field: 'data.colour', reason: 'FieldValueInvalid' }, { reason: 'FieldValueRequired' }] },
      },
    },
  });
});

test('refuses in its own words', async () => {
  const webhook = validatingWebhook(configMap, () => ({ denied: 'not today' }));
  expect(await webhook.answer(review())).toMatchObject({ response: { status: { code: 403, message: 'not today' } } });
});

test('shows an object that came without a spec with an empty one, and writes that when it fills it in', async () => {
  const kind: Kind<KubeObject & { spec: { name: string; mode?: string } }> = {
    ...{ group: 'test', version: 'v1', kind: 'Thing', plural: 'things', namespaced: true },
    emptySpec: { name: '' },
  };
  const seen: unknown[] = [];
  const given = { object: { metadata: {} }, oldObject: { metadata: {} }, operation: 'UPDATE' };
  await validatingWebhook(kind, ({ object: after, oldObject: before }) => {
    seen.push(after?.spec, before?.spec);
    return {};
  }).answer(review(given));
  expect(seen).toEqual([{ name: '' }, { name: '' }]);
  const mutating = mutatingWebhook(kind, ({ spec }) => void (spec.mode = 'plain'));
  const { response } = (await mutating.answer(review(given))) as { response: { patch: string } };
  expect(JSON.parse(Buffer.from(response.patch, 'base64').toString())).toEqual([
    { op: 'add', path: '/spec', value: { name: '', mode: 'plain' } },
  ]);
  expect(kind.emptySpec).toEqual({ name: '' });
});

test('answers a mutation as a JSON patch', async () => {
  const webhook = mutatingWebhook(configMap, (draft) => {
    draft.data = { ...draft.data, size: '1' };
  });
  const answer = (await webhook.answer(review())) as { response: { patchType: string; patch: string } };
  expect(answer.response.patchType).toBe('JSONPatch');
  expect(JSON.parse(Buffer.from(answer.response.patch, 'base64').toString())).toEqual([
    { op: 'add', path: '/data/size', value: '1' },
  ]);
  expect(object.data).toEqual({ colour: 'red' });
});

test('converts every object or fails as a whole', async () => {
  const webhook = conversionWebhook((given) => {
    if (given.metadata.name === 'bad') throw new Error('bad cannot be converted');
    return { ...given, converted: true } as KubeObject;
  });
  const ask = (names: string[]) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'ConversionReview',
    request: {
      uid: 'u-2',
      desiredAPIVersion: 'v2',
      objects: names.map((name) => ({ apiVersion: name === 'same' ? 'v2' : 'v1', kind: 'X', metadata: { name } })),
    },
  });
  expect(await webhook.answer(ask(['one', 'same']))).toMatchObject({
    response: {
      uid: 'u-2',
      result: { status: 'Success' },
      convertedObjects: [
        { apiVersion: 'v2', converted: true },
        { apiVersion: 'v2', metadata: { name: 'same' } },
      ],
    },
  });
  expect(await webhook.answer(ask(['one', 'bad']))).toMatchObject({
    response: { result: { status: 'Failure', message: 'bad cannot be converted' } },
  });
});

test('does not answer what is no review', async () => {
  const webhook = validatingWebhook(configMap, () => ({}));
  await expect(webhook.answer({ kind: 'Pod' })).rejects.toBeInstanceOf(BadReview);
});
