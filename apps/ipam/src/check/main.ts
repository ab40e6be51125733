// Checks that a release of ipam works, as `helm test` and a hook of `helm install` run it; exits with 1 if it does not.
import { checkReleaseIn, releaseCheckSettings } from '@metal3/kube-controller';
import { loadConfig, systemClock } from '@metal3/service';
import { ipamSteps } from './check.ts';

const works = await checkReleaseIn(loadConfig(releaseCheckSettings('ipam'), process.env, process.argv), ipamSteps, {
  name: 'ipam-check',
  env: process.env,
  clock: systemClock,
  report: (line) => console.log(line),
});
process.exitCode = works ? 0 : 1;
