import { expect, test } from '@jest/globals';
import { Type } from 'typebox';
import { fieldsOf, type FieldSchema } from './fields.ts';
import { readConfig, type ConfigSources } from './load.ts';
import { docsTable, valuesSchema } from './print.ts';
import { ConfigError } from './problems.ts';
import { duration, listenAddress, parseDuration } from './types.ts';

const schema = Type.Object({
  ironic: Type.Object({
    endpoint: Type.String({ env: ['IRONIC_ENDPOINT', 'IRONIC_URL'], description: 'URL of Ironic' }),
    password: Type.String({ default: '', secret: true, env: 'IRONIC_PASSWORD', description: 'Password' }),
    timeout: duration({ default: '30s', description: 'How long a call may take' }),
  }),
  hostSelector: Type.Array(Type.String(), { default: [], description: 'Which hosts' }),
  workers: Type.Integer({ default: 4, minimum: 1, maximum: 100, description: 'How many' }),
  verbose: Type.Boolean({ default: false, flag: 'v', description: 'Say more' }),
  mode: Type.Enum(['fast', 'careful'], { default: 'careful', description: 'Which way' }),
});

const read = (argv: readonly string[], env: ConfigSources['env'] = {}, files: Record<string, string> = {}) =>
  readConfig(schema, {
    env,
    argv: ['node', 'main.ts', ...argv],
    readFile(path) {
      const text = files[path];
      if (text === undefined) throw new Error('no such file');
      return text;
    },
  });
const config = (...given: Parameters<typeof read>) => {
  const request = read(...given);
  if (request.kind !== 'run') throw new Error(request.text);
  return request.config;
};
const problems = (...given: Parameters<typeof read>) => {
  try {
    read(...given);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ field, problem }) => `${field} ${problem}`);
  }
  throw new Error('there was no problem');
};
const endpoint = { IRONIC_ENDPOINT: 'http://x' };

test('defaults fill what is not set, and durations become milliseconds', () => {
  expect(config([], endpoint)).toEqual({
    ironic: { endpoint: 'http://x', password: '', timeout: 30_000 },
    hostSelector: [],
    workers: 4,
    verbose: false,
    mode: 'careful',
  });
});

test('flags win over environment variables, those over the file, those over defaults', () => {
  const files = { 'c.yaml': 'ironic: { endpoint: file, timeout: 1s }\nworkers: 9\nhostSelector: [a]\n' };
  const both = config(
    ['--config', 'c.yaml', '--ironic-endpoint=flag'],
    { IRONIC_ENDPOINT: 'env', WORKERS: '7' },
    files,
  );
  expect(both).toMatchObject({
    ironic: { endpoint: 'flag', timeout: 1_000 },
    workers: 7,
    hostSelector: ['a'],
    verbose: false,
  });
});

test('the first environment variable that is set counts, an empty one does not', () => {
  expect(config([], { IRONIC_ENDPOINT: '', IRONIC_URL: 'second' }).ironic.endpoint).toBe('second');
});

test.each([
  [['--v'], true],
  [['--v', 'false'], false],
  [['--v=true'], true],
])('a switch may stand alone or with a value: %j', (argv, verbose) => {
  expect(config(argv, endpoint).verbose).toBe(verbose);
});

test('lists are written with commas or as JSON', () => {
  expect(config(['--host-selector', 'a, b'], endpoint).hostSelector).toEqual(['a', 'b']);
  expect(config(['--host-selector', '["a,b"]'], endpoint).hostSelector).toEqual(['a,b']);
});

test('all problems are listed at once, each with field and remedy', () => {
  const files = { 'c.yaml': 'workers: many\nironic: { endpont: x }\nextra: 1\n' };
  const given = ['--config=c.yaml', '--workerz', '3', '--ironic-timeout', 'soon', '--mode=quick'];
  expect(problems(given, {}, files).sort()).toEqual([
    '--workerz is not a known flag',
    'extra is not a known key',
    'ironic.endpoint is required',
    'ironic.endpont is not a known key',
    'ironic.timeout "soon" is not a duration such as 500ms, 30s or 1h30m',
    'mode "quick" is not one of fast, careful',
    'workers "many" is not an integer',
  ]);
  expect(() => read(given, {}, files)).toThrow(/--workerz: is not a known flag\. Remove it, or did you mean workers\?/);
  expect(() => read([])).toThrow(
    /ironic\.endpoint: is required\. Set --ironic-endpoint, IRONIC_ENDPOINT, ironic\.endpoint in the --config file/,
  );
});

test.each([
  ['--workers=0', 'workers 0 is less than 1'],
  ['--workers=101', 'workers 101 is more than 100'],
  ['--workers=1.5', 'workers 1.5 is not an integer'],
  ['--v=perhaps', 'verbose "perhaps" is not true or false'],
])('%s is refused', (flag, problem) => {
  expect(problems([flag], endpoint)).toEqual([problem]);
});

test('a secret is not accepted on the command line, but a file with it is', () => {
  expect(problems(['--ironic-password', 'x'], endpoint)).toEqual([
    '--ironic-password is a secret and argv is visible to every user',
  ]);
  expect(config(['--ironic-password-file', 'p'], endpoint, { p: 'hidden\n' }).ironic.password).toBe('hidden');
  expect(config([], { ...endpoint, IRONIC_PASSWORD_FILE: 'p' }, { p: 'hidden\n' }).ironic.password).toBe('hidden');
});

test('a problem with a secret does not show it', () => {
  const secret = Type.Object({ key: Type.String({ secret: true, pattern: '^[0-9]+$', description: '' }) });
  expect(() => readConfig(secret, { env: { KEY: 'topsecret' }, argv: [] })).toThrow(/^(?!.*topsecret)/s);
});

test('--print-config shows what would be used, without secrets, in the form of the file', () => {
  const request = read(['--print-config'], { IRONIC_ENDPOINT: 'http://user:pass@x', IRONIC_PASSWORD: 'hidden' });
  expect(request).toEqual({
    kind: 'print',
    text: [
      'ironic:',
      '  endpoint: http://user:***@x',
      '  password: "***"',
      '  timeout: 30s',
      'hostSelector: []',
      'workers: 4',
      'verbose: false',
      'mode: careful',
    ].join('\n'),
  });
});

test('--help names every flag, environment variable and default', () => {
  const request = read(['--help']);
  expect(request.kind === 'print' && request.text).toContain(
    '--ironic-endpoint string\n      URL of Ironic (env IRONIC_ENDPOINT, IRONIC_URL; required)',
  );
});

test('the schema for charts refuses unknown keys and carries no annotations of ours', () => {
  expect(valuesSchema(schema as unknown as FieldSchema)).toMatchObject({
    additionalProperties: false,
    properties: {
      ironic: { additionalProperties: false, properties: { password: { type: 'string', writeOnly: true } } },
    },
  });
  expect(JSON.stringify(valuesSchema(schema as unknown as FieldSchema))).not.toMatch(/"env"|"flag"|"secret"|"kind"/);
});

test('the documentation table has a row for each field', () => {
  const rows = docsTable(fieldsOf(schema as unknown as FieldSchema)).split('\n');
  expect(rows).toHaveLength(2 + 7);
  expect(rows[4]).toBe(
    '| `ironic.timeout` | `IRONIC_TIMEOUT` | `--ironic-timeout` | duration | `"30s"` | How long a call may take |',
  );
});

test('a flag may have other names; the last that is given counts', () => {
  const aliased = Type.Object({ listen: Type.String({ default: '', flag: ['listen', 'addr'], description: 'Where' }) });
  const given = (...argv: string[]) => readConfig(aliased, { env: {}, argv: ['node', 'main.ts', ...argv] });
  expect(given('--addr', ':1')).toMatchObject({ config: { listen: ':1' } });
  expect(given('--addr=:1', '--listen=:2')).toMatchObject({ config: { listen: ':2' } });
  expect(given('--help')).toMatchObject({ text: expect.stringContaining('Where (also --addr; env LISTEN') });
});

test.each([
  ['500ms', 500],
  ['1h30m', 5_400_000],
  ['0.5s', 500],
  ['2d', 172_800_000],
  ['30', undefined],
  ['s', undefined],
  ['', undefined],
])('"%s" is %s milliseconds', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test('an address that nobody can listen on is told with the other problems', () => {
  const addressed = Type.Object({
    rest: listenAddress({ default: ':80', description: 'Where' }),
    more: listenAddress({ default: '', description: 'Where else; empty for nowhere' }),
    retries: Type.Integer({ default: 1 }),
  });
  const given = (...argv: string[]) => readConfig(addressed, { env: {}, argv: ['node', 'main.ts', ...argv] });
  expect(given()).toMatchObject({ config: { rest: ':80', more: '' } });
  expect(given('--rest=[::1]:8080', '--more=localhost:0')).toMatchObject({ config: { rest: '[::1]:8080' } });
  for (const wrong of ['localhost', '::1:80', 'localhost:http', ':70000', '']) {
    expect(() => given(`--rest=${wrong}`, '--retries=x')).toThrow(
      /rest.* is not an address to listen on, host:port such as 127.0.0.1:8080.*retries/s,
    );
  }
});
