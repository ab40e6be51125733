import { describe, expect, test } from '@jest/globals';
import { webhookPath } from '@metal3/kube-admission';
import type { Kind, KubeObject } from '@metal3/kube-client';
import {
  metal3Cluster,
  metal3ClusterTemplate,
  metal3Data,
  metal3DataClaim,
  metal3DataTemplate,
  metal3Machine,
  metal3MachineTemplate,
  metal3Remediation,
  metal3RemediationTemplate,
} from '@metal3/metal3-api';
import { capm3Webhooks, reviewedKinds } from './reviews.ts';

interface Response {
  readonly allowed: boolean;
  readonly warnings?: readonly string[];
  readonly patch?: string;
  readonly status?: { readonly details?: { readonly causes: readonly { field: string; message: string }[] } };
}

const webhooks = capm3Webhooks();
const defaults = { name: 'it', namespace: 'metal3' };

/** Asks as the API server does. */
async function ask(purpose: 'validate' | 'mutate', kind: Kind, spec: object, before?: object, metadata: object = {}) {
  const object = { metadata: { ...defaults, ...metadata }, spec };
  const oldObject = before && { metadata: defaults, spec: before };
  const operation = before === undefined ? 'CREATE' : 'UPDATE';
  const request = { uid: 'uid', kind, operation, userInfo: {}, object, oldObject };
  const webhook = webhooks.find(({ path }) => path === webhookPath(purpose, kind));
  const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request };
  return ((await webhook?.answer(review)) as { response: Response }).response;
}

/** What is said of an object: field and words of each problem. */
async function said<T extends KubeObject>(kind: Kind<T>, spec: object, before?: object, metadata?: object) {
  const { allowed, status } = await ask('validate', kind as Kind, spec, before, metadata);
  const problems = (status?.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
  expect(allowed).toBe(problems.length === 0);
  return problems;
}

async function defaulted<T extends KubeObject>(kind: Kind<T>, spec: object): Promise<object[]> {
  const { patch } = await ask('mutate', kind as Kind, spec);
  return patch === undefined ? [] : (JSON.parse(Buffer.from(patch, 'base64').toString()) as object[]);
}

const image = { url: 'http://images.example/os.raw', checksum: 'abc', checksumType: 'sha256' };

test('every kind is served under the paths by which upstream registers it', () => {
  expect(reviewedKinds).toHaveLength(9);
  for (const kind of reviewedKinds as readonly Kind[]) {
    for (const purpose of ['validate', 'mutate'] as const) {
      const path = `/${purpose}-infrastructure-cluster-x-k8s-io-v1beta2-${kind.kind.toLowerCase()}`;
      expect(webhooks.filter((webhook) => webhook.path === path)).toHaveLength(1);
    }
  }
});

describe('a cluster', () => {
  test('says where its control plane answers', async () => {
    expect(await said(metal3Cluster, { controlPlaneEndpoint: { host: '192.0.2.1', port: 6443 } })).toEqual([]);
    for (const spec of [{}, { controlPlaneEndpoint: { port: 6443 } }]) {
      expect(await said(metal3Cluster, spec)).toEqual([
        'spec.controlPlaneEndpoint.host: Invalid value: "": is required',
      ]);
    }
  });

  test('answers on port 6443 and has no cloud provider if it does not say', async () => {
    expect(await defaulted(metal3Cluster, { controlPlaneEndpoint: { host: 'h' } })).toEqual([
      { op: 'add', path: '/spec/cloudProviderEnabled', value: false },
      { op: 'add', path: '/spec/controlPlaneEndpoint/port', value: 6443 },
    ]);
    const whole = { controlPlaneEndpoint: { host: 'h', port: 443 }, cloudProviderEnabled: true };
    expect(await defaulted(metal3Cluster, whole)).toEqual([]);
  });

  test('that was stored without an endpoint stays writable but for its spec', async () => {
    expect(await said(metal3Cluster, {}, {})).toEqual([]);
    expect(await said(metal3Cluster, { cloudProviderEnabled: true }, {})).toHaveLength(1);
  });

  test('on its way out is let go', async () => {
    expect(await said(metal3Cluster, {}, { a: 1 }, { deletionTimestamp: '2026-01-01T00:00:00Z' })).toEqual([]);
  });

  test('gets host and port from its template, which may be mended', async () => {
    const template = (controlPlaneEndpoint: object) => ({ template: { spec: { controlPlaneEndpoint } } });
    expect(await said(metal3ClusterTemplate, template({}))).toEqual([
      'spec.template.spec.controlPlaneEndpoint.host: Invalid value: "": is required',
      'spec.template.spec.controlPlaneEndpoint.port: Invalid value: 0: is required',
    ]);
    expect(await said(metal3ClusterTemplate, template({ host: 'h', port: 1 }), template({}))).toEqual([]);
  });
});

describe('the image of a machine', () => {
  test.each<[string, object, string[]]>([
    ['is let in with a URL and a checksum', { image }, []],
    ['may have its checksum in a file', { image: { ...image, checksum: 'https://images.example/sum' } }, []],
    ['is not needed with a custom deploy step', { customDeploy: { method: 'install_coreos' } }, []],
    [
      'is not judged with one: an old client writes an empty one',
      { customDeploy: { method: 'x' }, image: { checksum: '' } },
      [],
    ],
    ['or such a step is needed', {}, ['spec.image: Required value: image.url or customDeploy.method must be set']],
    [
      'needs a checksum',
      { image: { url: image.url } },
      ['spec.image.checksum: Required value: give the checksum, or a URL of a file that holds it'],
    ],
    ['needs none where it is booted alive', { image: { url: image.url, diskFormat: 'live-iso' } }, []],
    [
      'is not a file path',
      { image: { ...image, url: '/images/os.raw' } },
      ['spec.image.url: Invalid value: "/images/os.raw": is not an absolute URL'],
    ],
    [
      'has a checksum that can be fetched, if that is a URL',
      { image: { ...image, checksum: 'http://[bad' } },
      ['spec.image.checksum: Invalid value: "http://[bad": is not a valid URL'],
    ],
    ['in a registry is let in as it is', { image: { url: 'OCI://registry.example/os:1' } }, []],
    [
      'in a registry has no checksum of its own',
      { image: { ...image, url: 'oci://registry.example/os:1' } },
      [
        'spec.image.checksum: Forbidden: an oci:// image is checked by its digest',
        'spec.image.checksumType: Forbidden: an oci:// image is checked by its digest',
      ],
    ],
  ])('%s', async (_sentence, spec, problems) => {
    expect(await said(metal3Machine, spec)).toEqual(problems);
    const inTemplate = problems.map((problem) => problem.replace('spec.', 'spec.template.spec.'));
    expect(await said(metal3MachineTemplate, { template: { spec } })).toEqual(inTemplate);
  });
});

describe('a machine', () => {
  test('uses Secrets of its own namespace only', async () => {
    const spec = { image, userData: { name: 's', namespace: 'other' }, metaData: { name: 's', namespace: 'metal3' } };
    expect(await said(metal3Machine, spec)).toEqual([
      'spec.userData.namespace: Forbidden: must be the namespace of the machine',
    ]);
  });

  test('with a selector that nothing can match is let in, and its author is told', async () => {
    const hostSelector = { matchExpressions: [{ key: 'size', operator: 'Like', values: ['big'] }] };
    const { allowed, warnings } = await ask('validate', metal3MachineTemplate as Kind, {
      template: { spec: { image, hostSelector } },
    });
    expect(allowed).toBe(true);
    expect(warnings).toEqual([
      expect.stringMatching(/^spec\.template\.spec\.hostSelector\.matchExpressions: operator Like of key size/),
    ]);
  });
});

describe('a data template', () => {
  const ipv4 = (pool: object) => ({ networkData: { networks: { ipv4: [{ id: 'n', link: 'eth0', ...pool }] } } });

  test.each<[string, object, string[]]>([
    ['takes a MAC by the name of an interface', { fromHostInterfaces: [{ key: 'm', interface: 'eth0' }] }, []],
    ['takes a MAC of the boot interface', { fromHostInterfaces: [{ key: 'm', fromBootMAC: true }] }, []],
    [
      'says which',
      { fromHostInterfaces: [{ key: 'm' }] },
      ['spec.metaData.fromHostInterfaces[0]: Invalid value: "m": interface or fromBootMAC must be set'],
    ],
    [
      'and not both',
      { fromHostInterfaces: [{ key: 'm', interface: 'eth0', fromBootMAC: true }] },
      ['spec.metaData.fromHostInterfaces[0]: Invalid value: "m": interface and fromBootMAC exclude each other'],
    ],
  ])('%s', async (_sentence, metaData, problems) => {
    expect(await said(metal3DataTemplate, { metaData })).toEqual(problems);
  });

  test.each<[string, object, number]>([
    ['the name of a pool', { ipAddressFromIPPool: 'pool' }, 0],
    ['a reference to one', { fromPoolRef: { name: 'pool' } }, 0],
    ['an annotation that names one', { fromPoolAnnotation: { object: 'machine', annotation: 'a' } }, 0],
    ['nothing', {}, 1],
    ['a reference to nothing, as an old client writes it,', { fromPoolRef: { kind: '', name: '' } }, 1],
  ])('with %s for a network has as many problems as that gives', async (_what, pool, count) => {
    expect(await said(metal3DataTemplate, ipv4(pool))).toHaveLength(count);
  });

  test('never changes what it renders, and says what to do instead', async () => {
    const before = { metaData: { strings: [{ key: 'a', value: '1' }] } };
    const after = {
      metaData: { strings: [{ key: 'a', value: '2' }] },
      networkData: { services: { dns: ['1.1.1.1'] } },
    };
    expect(await said(metal3DataTemplate, after, before)).toEqual([
      expect.stringMatching(/^spec\.metaData: Invalid value: .*: cannot be modified: make a new template$/),
      expect.stringMatching(/^spec\.networkData: Invalid value: .*: cannot be modified: make a new template$/),
    ]);
  });

  test('written again by an old client, which spells out what is not set, has not changed', async () => {
    const before = ipv4({ ipAddressFromIPPool: 'pool' });
    const after = { ...ipv4({ ipAddressFromIPPool: 'pool', fromPoolRef: { kind: '', name: '' } }), metaData: {} };
    expect(await said(metal3DataTemplate, after, before)).toEqual([]);
  });

  test('that names a cluster is let in, with the warning that this does nothing', async () => {
    const { warnings } = await ask('validate', metal3DataTemplate as Kind, { clusterName: 'blue' });
    expect(warnings).toEqual(['spec.clusterName is deprecated and has no effect']);
  });
});

describe('rendered data', () => {
  const spec = { index: 3, template: { name: 'workers' }, claim: { name: 'm' } };

  test('is called after its template and index', async () => {
    expect(await said(metal3Data, spec, undefined, { name: 'workers-3' })).toEqual([]);
    expect(await said(metal3Data, spec)).toEqual([
      'metadata.name: Invalid value: "it": must be <template>-<index>: workers-3',
    ]);
  });

  test('keeps index, template and claim; Secrets may be filled in', async () => {
    const moved = { index: 4, template: { name: 'others' }, claim: { name: 'm', namespace: 'x' } };
    expect(await said(metal3Data, moved, spec)).toEqual([
      'spec.index: Invalid value: 4: cannot be modified',
      'spec.template.name: Invalid value: "others": cannot be modified',
      'spec.claim.namespace: Invalid value: "x": cannot be modified',
    ]);
    expect(await said(metal3Data, { ...spec, metaData: { name: 's' } }, spec)).toEqual([]);
  });

  test('is claimed of a template of the same namespace, for good', async () => {
    expect(await said(metal3DataClaim, { template: { name: 'workers', namespace: 'metal3' } })).toEqual([]);
    expect(await said(metal3DataClaim, {})).toEqual(['spec.template.name: Invalid value: "": must be set']);
    expect(await said(metal3DataClaim, { template: { name: 'workers', namespace: 'other' } })).toEqual([
      'spec.template.namespace: Invalid value: "other": must be the namespace of the claim',
    ]);
    expect(await said(metal3DataClaim, { template: { name: 'others' } }, { template: { name: 'workers' } })).toEqual([
      'spec.template.name: Invalid value: "others": cannot be modified',
    ]);
  });
});

describe('a remediation', () => {
  test.each<[string, object | undefined, string[]]>([
    ['may leave its strategy open', undefined, []],
    ['reboots', { type: 'Reboot', retryLimit: 1, timeoutSeconds: 100 }, []],
    ['may leave its timeout open', { type: 'Reboot', retryLimit: 2 }, []],
    ['may leave its retries open, as clients of the old version do', { type: 'Reboot', timeoutSeconds: 600 }, []],
    [
      'knows no other strategy',
      { type: 'Replace', retryLimit: 1 },
      ['spec.strategy.type: Invalid value: "Replace": is not supported: Reboot is the only one'],
    ],
    [
      'gives a machine time and a try',
      { type: 'Reboot', retryLimit: 0, timeoutSeconds: 99 },
      [
        'spec.strategy.timeoutSeconds: Invalid value: 99: must be 100 at least',
        'spec.strategy.retryLimit: Invalid value: 0: must be 1 at least',
      ],
    ],
  ])('%s', async (_sentence, strategy, problems) => {
    const spec = strategy && { strategy };
    expect(await said(metal3Remediation, spec ?? {})).toEqual(problems);
    const inTemplate = problems.map((problem) => problem.replace('spec.', 'spec.template.spec.'));
    expect(await said(metal3RemediationTemplate, { template: { spec: spec ?? {} } })).toEqual(inTemplate);
  });

  test('made of a template that says nothing reboots once and waits ten minutes', async () => {
    const [patch] = await defaulted(metal3RemediationTemplate, { template: { spec: {} } });
    expect(patch).toEqual({
      op: 'add',
      path: '/spec/template/spec/strategy',
      value: { type: 'Reboot', timeoutSeconds: 600, retryLimit: 1 },
    });
  });
});
