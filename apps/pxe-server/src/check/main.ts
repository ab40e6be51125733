// Checks that a release of pxe-server works, as `helm test` and a hook of `helm install` run it; exits with 1 if it does not.
import { checkEndpoints, endpointCheckSettings, loadConfig, systemClock } from '@metal3/service';
import { Type } from 'typebox';

const settings = Type.Object({
  ...endpointCheckSettings,
  http: Type.String({
    default: 'http://127.0.0.1:6180',
    flag: 'http',
    description: 'URL that machines fetch from, as pods reach it',
  }),
});

const { health, http, timeout: timeoutMs } = loadConfig(settings, process.env, process.argv);
const works = await checkEndpoints(
  [
    { means: 'pxe-server is ready: it knows all boot entries', url: `${health}/readyz` },
    { means: 'machines get a script to boot by', url: `${http}/boot.ipxe` },
  ],
  { clock: systemClock, timeoutMs, report: (line) => console.log(line) },
);
process.exitCode = works ? 0 : 1;
