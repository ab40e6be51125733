import type { BareMetalHost } from '@metal3/metal3-api';
import type { Decision } from '../host/decision.ts';
import { decideHost } from '../host/lifecycle.ts';
import { beginFindings, observe, type Eyes } from '../host/observe.ts';
import { emptyStatus } from '../host/status.ts';

export interface Explanation {
  readonly concern: string;
  readonly decision: Decision | { readonly kind: 'no-credentials'; readonly message: string };
  readonly sentence: string;
}

/** What the controller would do next with a host, without doing it: decisions are data, so this is only not carrying one out. */
export async function explain(host: BareMetalHost, eyes: Eyes): Promise<Explanation> {
  const { store } = eyes;
  const looking: Eyes = { ...eyes, store: { ...store, findCredentials: (of) => store.findCredentials(of, false) } };
  const status = host.status ?? emptyStatus();
  const observation = await observe(beginFindings(host, status, {}), looking);
  const concern = status.provisioning.state || 'beginning';
  if (observation.kind === 'no-credentials') {
    const { message } = observation.problem;
    return { concern: 'credentials', decision: { kind: 'no-credentials', message }, sentence: message };
  }
  const decision = decideHost(observation.view);
  return { concern, decision, sentence: sentenceOf(decision) };
}

function sentenceOf(decision: Decision): string {
  switch (decision.kind) {
    case 'ask':
      return `Ironic would be asked: ${'verb' in decision.request ? decision.request.verb : 'target' in decision.request ? decision.request.target : decision.request.do}`;
    case 'note':
      return 'something would be written down';
    case 'read-inventory':
      return 'the inventory would be read';
    case 'read-bios':
      return 'the BIOS settings of the machine would be read';
    case 'read-media':
      return 'what is in the virtual drives of the machine would be read';
    case 'keep-image':
      return 'an image of the agent would be asked for';
    case 'publish-hardware':
      return 'the hardware details would be published';
    case 'count-busy':
      return 'the hosts that are busy would be counted';
    case 'deploy':
      return 'image, config drive and steps would be put together, and deployment asked for';
    case 'ensure-ports':
      return 'the ports of the node would be compared with the NICs';
    case 'release':
      return 'the host would be let go';
    case 'advance':
      return `the host would become "${decision.to}"`;
    case 'wait':
      return `nothing to do now: ${decision.reason}`;
    case 'fail':
      return `a ${decision.type} would be recorded: ${decision.message}`;
  }
}
