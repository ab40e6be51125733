// What the linter holds, so that nobody has to remember it. The module graph between files is held by dependency-cruiser.
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

const impure = [
  ['process', 'env', 'Settings come through the config schema of the service; only main.ts hands process.env over.'],
  ['process', 'exit', 'Throw a coded error; only main.ts and libs/service end the process.'],
  ['Date', 'now', 'Take a Clock: tests run on a fake one.'],
  ['Math', 'random', 'Take a Random from @metal3/service: tests run on a seeded one.'],
];
const timers = ['setTimeout', 'setInterval', 'setImmediate'];

// Programs that are about processes and time themselves, and everything that is no part of a service.
const mayTouchTheWorld = [
  '**/main.ts',
  '**/*.test.ts',
  '**/fixtures/**',
  '**/testing/**',
  'apps/*/test/**',
  'libs/service/**',
  'libs/local-servers/**',
  'tools/**',
  'e2e/**',
  'bench/**',
];

export default tseslint.config(
  {
    ignores: [
      '**/node_modules',
      '**/dist',
      '**/coverage',
      '**/.nx',
      '**/.state',
      '**/.state-lab',
      '**/src/gen/**',
      'charts/**',
      '**/*.d.mts',
    ],
  },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strict],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { '@nx': nx },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // `void promise` says that nobody waits, and `dynamic delete` is how a patch drops a key.
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      // Type parameters document a caller's choice even where they occur once.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      eqeqeq: 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Export by name: an import then always says what it means.' },
        {
          selector: 'TSEnumDeclaration',
          message: 'Use a const object and a union: Node runs these sources by stripping types.',
        },
      ],
      '@nx/enforce-module-boundaries': [
        'error',
        {
          allow: [],
          depConstraints: [
            { sourceTag: 'type:app', onlyDependOnLibsWithTags: ['type:lib', 'type:pure'] },
            { sourceTag: 'type:lib', onlyDependOnLibsWithTags: ['type:lib', 'type:pure'] },
            { sourceTag: 'type:pure', onlyDependOnLibsWithTags: ['type:pure'] },
            { sourceTag: 'type:tool', onlyDependOnLibsWithTags: ['type:lib', 'type:pure', 'type:tool'] },
            { sourceTag: 'type:e2e', onlyDependOnLibsWithTags: ['type:lib', 'type:pure', 'type:tool'] },
            // The fleet is honest only as long as it shares no code with what it tests.
            { sourceTag: 'scope:fleet', onlyDependOnLibsWithTags: [] },
            // What platform teams install stays small: contracts and their transport.
            { sourceTag: 'scope:clients', onlyDependOnLibsWithTags: ['scope:clients', 'scope:shared'] },
          ],
        },
      ],
    },
  },
  {
    files: ['apps/**/*.ts', 'libs/**/*.ts'],
    ignores: mayTouchTheWorld,
    rules: {
      'no-restricted-properties': [
        'error',
        ...impure.map(([object, property, message]) => ({ object, property, message })),
      ],
      'no-restricted-globals': [
        'error',
        ...timers.map((name) => ({ name, message: 'Take a Clock: it waits, and tests need not.' })),
      ],
    },
  },
  { files: ['**/main.ts', 'tools/**/*.ts', 'e2e/**/*.ts', 'bench/**/*.ts'], rules: { 'no-console': 'off' } },
  {
    // Examples are programs of people who have installed the package.
    files: ['libs/clients/*/examples/*.ts'],
    rules: { 'no-console': 'off', '@nx/enforce-module-boundaries': 'off' },
  },
  {
    // Tests may use the test doubles and the data centre; depConstraints know no difference between tests and code.
    files: ['**/*.test.ts', '**/testing/**/*.ts', 'apps/*/test/**/*.ts'],
    rules: {
      '@nx/enforce-module-boundaries': 'off',
      'max-lines': ['error', { max: 600, skipBlankLines: true, skipComments: true }],
    },
  },
);
