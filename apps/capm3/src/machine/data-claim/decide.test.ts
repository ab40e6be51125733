import { expect, test } from '@jest/globals';
import type { Metal3Data, Metal3DataClaim } from '@metal3/metal3-api';
import { aMetal3Machine } from '../testing.ts';
import { decideDataClaim, type DataClaimDecision, type DataClaimObservation } from './decide.ts';

const metal3Machine = aMetal3Machine({ spec: { dataTemplate: { name: 'tpl' } } });
const claim = (status: Metal3DataClaim['status'] = {}, metadata: object = {}) =>
  ({ metadata: { name: 'worker-1', namespace: 'metal3', ...metadata }, spec: {}, status }) as Metal3DataClaim;
const given = claim({ renderedData: { name: 'tpl-0', namespace: 'metal3' } });
const secret = { name: 'worker-1-metadata', namespace: 'metal3' };
const data = (status: Metal3Data['status']) =>
  ({ metadata: { name: 'tpl-0', namespace: 'metal3' }, spec: { metaData: secret }, status }) as Metal3Data;

test.each<[string, Partial<DataClaimObservation>, Partial<DataClaimDecision>]>([
  ['nothing without a template', { metal3Machine: aMetal3Machine() }, { kind: 'none' }],
  ['a claim', {}, { kind: 'create', template: 'tpl' }],
  ['the template to answer', { claim: claim() }, { kind: 'wait' }],
  [
    'what the template complains of',
    { claim: claim({ errorMessage: 'no owner' }) },
    { kind: 'wait', reason: 'no owner' },
  ],
  ['the data to be seen', { claim: given }, { kind: 'wait' }],
  [
    'the data to be rendered',
    { claim: given, data: data({ ready: false }) },
    { kind: 'wait', reason: 'Metal3Data tpl-0 is not ready' },
  ],
  [
    'what is wrong with the data',
    { claim: given, data: data({ ready: false, errorMessage: 'no NIC' }) },
    { kind: 'wait', reason: 'no NIC' },
  ],
  [
    'an old claim of that name to go',
    { claim: claim({ renderedData: { name: 'tpl-0' } }, { deletionTimestamp: '2026-01-01T00:00:00Z' }) },
    { kind: 'wait' },
  ],
  [
    'nothing once the data is there',
    { claim: given, data: data({ ready: true }) },
    { kind: 'ready', secrets: { metaData: secret, networkData: undefined } },
  ],
  [
    'a template in its own namespace',
    { metal3Machine: aMetal3Machine({ spec: { dataTemplate: { name: 'tpl', namespace: 'elsewhere' } } }) },
    { kind: 'invalid' },
  ],
])('a machine waits for %s', (_sentence, known, decision) => {
  expect(decideDataClaim({ metal3Machine, claim: undefined, data: undefined, ...known })).toMatchObject(decision);
});
