import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Identifiers, normalBody, normalHeaders } from './compare.ts';
import { exchanges, recordedBase, type Exchange } from './exchanges.ts';
import type { Stage } from './stage.ts';

/** Plays every recorded request in order and compares the answers: status, headers and bodies. */
export function replayContract(database: string, openStage: () => Promise<Stage>): void {
  describe(`what Ironic 39.0.0 answered, on ${database}`, () => {
    const identifiers = new Identifiers();
    let stage: Stage;

    beforeAll(async () => {
      stage = await openStage();
      // The recorded database had been used before.
      await stage.store.records.create('chassis', { body: { description: 'c' } });
      await stage.store.records.create('deploy-template', { name: 'CUSTOM_T', body: { steps: [] } });
      await stage.store.records.create('runbook', { name: 'CUSTOM_R', body: { steps: [] } });
    });
    afterAll(() => stage.close());

    test.each(exchanges.map((exchange) => [`${exchange.n} ${exchange.note}`, exchange] as const))(
      '%s',
      async (_name, exchange) => {
        const { response: recorded } = exchange;
        const reply = await play(exchange);
        // The exchange after this one looks at a node that is being deployed.
        if (exchange.note !== 'deploy') await stage.work();

        if (recorded.status >= 500) {
          // A defect of upstream: the caller's mistake is answered as one.
          expect(reply.statusCode).toBeGreaterThanOrEqual(400);
          expect(reply.statusCode).toBeLessThan(500);
          return;
        }
        const body: unknown = reply.payload === '' ? null : JSON.parse(reply.payload);
        if (recorded.body !== null) identifiers.learn(JSON.stringify(recorded.body), reply.payload);
        const expected = {
          status: recorded.status,
          headers: normalHeaders(
            JSON.parse(identifiers.toLive(JSON.stringify(recorded.headers))) as Record<string, string>,
          ),
          body: normalBody(JSON.parse(identifiers.toLive(JSON.stringify(recorded.body))), exchange),
        };
        expect({
          status: reply.statusCode,
          headers: normalHeaders(reply.headers),
          body: normalBody(body, exchange),
        }).toEqual(expected);
      },
    );

    function play({ request }: Exchange) {
      const { method, version, headers, body } = request;
      const json = body === null ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
      return stage.rest.inject({
        method,
        url: identifiers.toLive(request.path).replace(recordedBase, ''),
        headers: {
          ...headers,
          ...(version === null ? {} : { 'x-openstack-ironic-api-version': version }),
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(json === undefined ? {} : { payload: identifiers.toLive(json) }),
      });
    }
  });
}
