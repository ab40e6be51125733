// Checks that a release of ironic-conductor works, as `helm test` and a hook of `helm install` run it; exits with 1 if it does not.
import { checkEndpoints, endpointCheckSettings, loadConfig, systemClock } from '@metal3/service';
import { Type } from 'typebox';

const settings = Type.Object(endpointCheckSettings);

const { health, timeout: timeoutMs } = loadConfig(settings, process.env, process.argv);
const works = await checkEndpoints(
  [{ means: 'a conductor is ready: its database answers, and it is registered there', url: `${health}/readyz` }],
  { clock: systemClock, timeoutMs, report: (line) => console.log(line) },
);
process.exitCode = works ? 0 : 1;
