// The shape of the module graph: who may know whom, and which technology stays behind which adapter.
const sources = '^(apps|libs|tools|e2e|bench)/';
const tests = '(\\.test\\.ts$|/testing/|/test/|/interop/|/fixtures/|^libs/testing/|^e2e/|^bench/)';

/** A technology and the only places that may import it. */
const confined = (name, modules, homes) => ({
  name: `${name}-stays-in-its-adapter`,
  comment: `${name} is known only to ${homes.join(', ')}; everything else uses the port in front of it.`,
  severity: 'error',
  from: { path: sources, pathNot: [...homes.map((home) => `^${home}/`), tests] },
  to: { path: modules },
});

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: "Files may name each other's types; they may not need each other to run.",
      severity: 'error',
      from: { path: sources },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'services-stand-alone',
      comment: 'Services share libraries and contracts, never each other.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: tests },
      to: { path: '^apps/([^/]+)/', pathNot: '^apps/$1/' },
    },
    {
      name: 'no-deep-imports',
      comment: 'A library is its index.ts.',
      severity: 'error',
      // The bootstrap runs before packages are installed, so it cannot go by a library's name.
      from: {
        path: '^(apps|libs|tools|e2e|bench)/((?:clients/|kube/)?[^/]+)/',
        pathNot: '^tools/stack/(bootstrap|setup/)',
      },
      to: {
        path: '^(libs|tools)/(?:clients/|kube/)?[^/]+/',
        pathNot: ['^$1/$2/', '^(libs|tools)/(?:clients/|kube/)?[^/]+/src/index\\.ts$'],
      },
    },
    {
      name: 'deciders-are-pure',
      comment: 'A decision is data: no I/O, no clock, no logger, no adapter.',
      severity: 'error',
      from: { path: '/decide[^/]*\\.ts$', pathNot: '\\.test\\.ts$' },
      to: {
        path: [
          '/adapters/',
          '^(node:)?(fs|net|http|https|child_process|dgram|tls)(/|$)',
          '^libs/(node-store|jobs|grpc|redfish|local-servers)/',
        ],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'pure-libraries-do-no-io',
      severity: 'error',
      from: { path: '^libs/(node|metal3-api|boot-artifacts|dhcp|tftp)/src/', pathNot: tests },
      to: { path: '^(node:)?(fs|net|http|https|child_process|dgram|tls|dns)(/|$)' },
    },
    {
      name: 'the-fleet-shares-no-code',
      comment: 'A simulator built from the code under test would agree with its mistakes.',
      severity: 'error',
      from: { path: '^tools/fleet/', pathNot: tests },
      to: { path: '^(libs|apps)/' },
    },
    {
      name: 'no-test-code-in-programs',
      severity: 'error',
      from: { path: sources, pathNot: [tests, '^libs/local-servers/', '^libs/kube/testing/'] },
      to: { path: ['\\.test\\.ts$', '^libs/testing/', '^libs/kube/testing/'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-vague-names',
      comment: 'Name the concept: utils, helpers, common, manager and misc name none.',
      severity: 'error',
      from: {},
      to: { path: '/(util|utils|helper|helpers|common|manager|misc)(/|\\.ts$)', pathNot: 'node_modules' },
    },
    { name: 'no-unresolvable', severity: 'error', from: { path: sources }, to: { couldNotResolve: true } },
    confined('the Kubernetes client', '^node_modules/@kubernetes/client-node/', ['libs/kube/client']),
    confined('SQL', ['^node_modules/(kysely|pg)/', '^node:sqlite$'], ['libs/node-store']),
    confined('the queue', '^node_modules/(bullmq|ioredis)/', ['libs/jobs']),
    confined('gRPC', '^node_modules/@grpc/', ['libs/grpc']),
    confined('the HTTP framework', '^node_modules/fastify/', [
      'apps/ironic-api',
      'apps/pxe-server',
      'libs/kube/admission',
    ]),
    confined('bcrypt', '^node_modules/bcryptjs/', ['apps/ironic-api', 'tools/stack']),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/(gen|dist|coverage)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.mts'],
    },
  },
};
