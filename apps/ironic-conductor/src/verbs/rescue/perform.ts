import { AgentError } from '@metal3/agent';
import type { JsonObject } from '@metal3/node';
import type { AgentOf } from '../../interfaces/agent.ts';
import { withDone } from '../../work/journal.ts';
import type { Performer } from '../../work/perform.ts';
import { EffectProblem } from '../../work/problems.ts';
import { sha256Crypt } from './sha256-crypt.ts';

export interface RescuePorts {
  readonly agentOf: AgentOf;
  /** Opens the sealed password of the request. */
  readonly reveal: (nodeUuid: string, args: JsonObject) => JsonObject;
  /** 16 characters of [a-zA-Z0-9./]. */
  readonly salt: () => string;
  readonly requestMs: number;
}

export function rescuePerformers({ agentOf, reveal, salt, requestMs }: RescuePorts): {
  readonly 'finalize-rescue': Performer<'finalize-rescue'>;
} {
  return {
    /**
     * The agent sets the password, and then it closes its API and leaves the machine to its user. Setting it twice does no harm; where it
     * may have been set already and nobody answers any more, it was.
     */
    async 'finalize-rescue'(_effect, { seen, resumed, signal, mayStart }) {
      const { node, args, journal } = seen;
      const password = reveal(node.uuid, args)['rescue_password'];
      if (typeof password !== 'string' || password === '')
        throw new EffectProblem(`Node ${node.uuid} cannot be rescued: the request has no rescue_password`);
      const agent = await agentOf(node);
      const params = { rescue_password: sha256Crypt(password, salt()), hashed: true };
      try {
        await agent.ask('rescue.finalize_rescue', params, { signal, timeoutMs: requestMs, mayStart });
      } catch (error) {
        const hasNoAnswer = AgentError.is(error) && (error.kind === 'unreachable' || error.kind === 'unknown');
        if (!resumed || !hasNoAnswer) throw error;
      }
      return { journal: withDone(journal, 'rescued') };
    },
  };
}
