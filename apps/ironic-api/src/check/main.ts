// Checks that a release of ironic-api works, as `helm test` and a hook of `helm install` run it; exits with 1 if it does not.
import { checkEndpoints, endpointCheckSettings, loadConfig, systemClock } from '@metal3/service';
import { Type } from 'typebox';

const settings = Type.Object({
  ...endpointCheckSettings,
  api: Type.String({
    default: '',
    flag: 'api',
    description: 'URL of the REST API; empty where only its users can trust its certificate',
  }),
});

const { health, api, timeout: timeoutMs } = loadConfig(settings, process.env, process.argv);
const works = await checkEndpoints(
  [
    { means: 'ironic-api is ready, its database answers', url: `${health}/readyz` },
    ...(api === '' ? [] : [{ means: 'the REST API tells its versions', url: `${api}/v1/` }]),
  ],
  { clock: systemClock, timeoutMs, report: (line) => console.log(line) },
);
process.exitCode = works ? 0 : 1;
