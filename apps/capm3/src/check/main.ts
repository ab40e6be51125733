// Checks that a release of capm3 works, as `helm test` and a hook of `helm install` run it; exits with 1 if it does not.
import { checkReleaseIn, releaseCheckSettings } from '@metal3/kube-controller';
import { loadConfig, systemClock } from '@metal3/service';
import { capm3Steps } from './check.ts';

const works = await checkReleaseIn(loadConfig(releaseCheckSettings('capm3'), process.env, process.argv), capm3Steps, {
  name: 'capm3-check',
  env: process.env,
  clock: systemClock,
  report: (line) => console.log(line),
});
process.exitCode = works ? 0 : 1;
