// Checks that a release of bmo works, as `helm test` and a hook of `helm install` run it; exits with 1 if it does not.
import { checkReleaseIn, releaseCheckSettings } from '@metal3/kube-controller';
import { loadConfig, systemClock } from '@metal3/service';
import { bmoSteps } from './check.ts';

const works = await checkReleaseIn(loadConfig(releaseCheckSettings('bmo'), process.env, process.argv), bmoSteps, {
  name: 'bmo-check',
  env: process.env,
  clock: systemClock,
  report: (line) => console.log(line),
});
process.exitCode = works ? 0 : 1;
