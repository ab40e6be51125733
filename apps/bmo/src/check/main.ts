// Checks that a release of bmo works, as `helm test` and a hook of `helm install` run it; exits with 1 if it does not.
import { checkReleaseIn } from '@metal3/kube-controller';
import { duration, loadConfig, systemClock } from '@metal3/service';
import { Type } from 'typebox';
import { bmoSteps } from './check.ts';

const settings = Type.Object({
  kubeconfig: Type.String({
    default: '',
    env: 'KUBECONFIG_FILE',
    flag: 'kubeconfig',
    description: 'Kubeconfig file; empty for the service account of the pod',
  }),
  namespace: Type.String({ default: 'default', flag: 'namespace', description: 'A namespace that bmo serves' }),
  webhooks: Type.Boolean({ default: true, flag: 'webhooks', description: 'Whether the API server asks the webhooks' }),
  timeout: duration({ default: '60s', flag: 'timeout', description: 'When to give up' }),
});

const works = await checkReleaseIn(loadConfig(settings, process.env, process.argv), bmoSteps, {
  name: 'bmo-check',
  env: process.env,
  clock: systemClock,
  report: (line) => console.log(line),
});
process.exitCode = works ? 0 : 1;
