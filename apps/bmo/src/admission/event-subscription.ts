import type { BMCEventSubscription } from '@metal3/metal3-api';
import { sameJson } from '../kernel.ts';
import { violation, when, type Violation } from './violation.ts';

/** Everything that is wrong with a new BMCEventSubscription. */
export function subscriptionViolations({ metadata, spec }: BMCEventSubscription): readonly Violation[] {
  const { hostName = '', destination = '', httpHeadersRef } = spec;
  return [
    ...when(hostName === '', 'spec.hostName', 'hostName cannot be empty'),
    ...when(
      httpHeadersRef !== undefined && httpHeadersRef.namespace !== metadata.namespace,
      'spec.httpHeadersRef.namespace',
      `httpHeadersRef secret must be in the same namespace as the BMCEventSubscription: name ${metadata.namespace ?? ''}`,
    ),
    ...destinationViolations(destination),
  ];
}

/** BMCs cannot be told of another destination: a subscription is replaced, not changed. */
export function subscriptionUpdateViolations(
  before: BMCEventSubscription,
  after: BMCEventSubscription,
): readonly Violation[] {
  return when(!sameJson(before.spec, after.spec), 'spec', 'subscriptions cannot be updated, please recreate it');
}

function destinationViolations(destination: string): readonly Violation[] {
  const field = 'spec.destination';
  if (destination === '') return [violation(field, 'destination cannot be empty')];
  const url = /^([a-z][a-z0-9+.-]*):\/\/([^/?#\s]*)([^\s]*)$/i.exec(destination);
  if (url === null || !URL.canParse(destination)) {
    return [
      violation(field, `destination is invalid: ${JSON.stringify(destination)} is no URL such as https://host/path`),
    ];
  }
  return when(!(url[3] ?? '').startsWith('/'), field, 'hostname-only destination must have a trailing slash');
}
