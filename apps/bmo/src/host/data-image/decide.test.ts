import { expect, test } from '@jest/globals';
import type { DataImage } from '@metal3/metal3-api';
import { decidePower } from '../power/decide.ts';
import type { ProvisioningState } from '../states.ts';
import { nodeOf, now, viewOf, type ViewOptions } from '../testing/view.ts';
import { decideMedia, type MediaObservation, type MediaRequest } from './decide.ts';

interface Given {
  /** null: there is no DataImage. */
  readonly url?: string | null;
  readonly attached?: string;
  readonly errors?: number;
  readonly deleting?: boolean;
  readonly media?: MediaObservation;
  readonly asked?: Partial<MediaRequest>;
  readonly lastError?: string;
  readonly liveIso?: boolean;
}

const data = 'http://192.0.2.2/data.iso';
const other = 'http://192.0.2.2/other.iso';

function imageOf({ url = data, attached = '', errors = 0, deleting = false }: Given): DataImage | undefined {
  if (url === null) return undefined;
  const deletionTimestamp = deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {};
  return {
    apiVersion: 'metal3.io/v1alpha1',
    kind: 'DataImage',
    metadata: { name: 'host-1', namespace: 'metal', ...deletionTimestamp },
    spec: { url },
    status: { attachedImage: { url: attached }, error: { count: errors, message: errors > 0 ? 'BMC away' : '' } },
  };
}

function viewFor(given: Given, state: ProvisioningState = 'provisioned') {
  const { media, asked, lastError = '', liveIso = false } = given;
  const options: ViewOptions = {
    node: { provisionState: 'active', powerState: 'power off', lastError },
    ...(liveIso && { spec: { image: { url: 'http://192.0.2.2/live.iso', format: 'live-iso' } } }),
    more: {
      dataImage: imageOf(given),
      media,
      mediaAsked: asked && { node: 'node-1', url: data, at: now, lastError: '', ...asked },
    },
  };
  return viewOf(state, options);
}

const decide = (given: Given) => decideMedia(viewFor(given), nodeOf({ lastError: given.lastError ?? '' }));
const empty: MediaObservation = { kind: 'seen', inserted: false };
const full: MediaObservation = { kind: 'seen', inserted: true };
const busy = expect.objectContaining({ kind: 'wait', recheckIn: 3 });
const attach = (url: string) =>
  expect.objectContaining({
    kind: 'ask',
    request: { do: 'attach-media', url },
    then: expect.objectContaining({ dataImage: expect.objectContaining({ attachedImage: { url } }) }),
  });
const detach = expect.objectContaining({ kind: 'ask', request: { do: 'detach-media' } });
const failing = (message: string, count: number, recheckIn: number, attached = '') =>
  expect.objectContaining({
    kind: 'wait',
    recheckIn,
    notes: { dataImage: { attachedImage: { url: attached }, error: { count, message } }, mediaAsked: 'nothing' },
  });

test.each<[sentence: string, given: Given, decision: unknown]>([
  ['nothing is in the way of a host without one', { url: null }, undefined],
  ['the drive is looked at first', {}, { kind: 'read-media' }],
  ['Ironic is waited for while it works on the node', { media: { kind: 'busy' } }, busy],
  ['an image is attached', { media: empty }, attach(data)],
  ['and the power waits until it is in the drive', { media: empty, attached: data, asked: {} }, busy],
  ['an image that is attached is no reason to wait', { media: full, attached: data }, undefined],
  ['another one makes room for it', { media: full, attached: other }, detach],
  ['and then it is attached', { media: empty, attached: other, asked: { url: '' } }, attach(data)],
  ['what lies in the drive unbidden makes room too', { media: full }, detach],
  ['what somebody took out is put back', { media: empty, attached: data }, attach(data)],
  ['one that is to go is taken out', { media: full, attached: data, deleting: true }, detach],
  ['nothing is attached for one that is to go', { media: empty, deleting: true }, undefined],
  [
    'that it is out is written down',
    { media: empty, attached: data, deleting: true },
    expect.objectContaining({
      kind: 'note',
      notes: expect.objectContaining({ dataImage: expect.objectContaining({ attachedImage: { url: '' } }) }),
    }),
  ],
  [
    'an error is over with what it was about',
    { media: full, attached: data, errors: 2 },
    expect.objectContaining({
      kind: 'note',
      notes: { dataImage: { attachedImage: { url: data }, error: { count: 0, message: '' } }, mediaAsked: 'nothing' },
    }),
  ],
  ['a drive that cannot be read is told', { media: { kind: 'failed', message: 'away' } }, failing('away', 1, 30)],
  [
    'less and less often',
    { media: { kind: 'failed', message: 'away' }, errors: 3, attached: data },
    failing('away', 4, 240, data),
  ],
  ['at least every hour', { media: { kind: 'failed', message: 'away' }, errors: 30 }, failing('away', 31, 3600)],
  [
    'an error of Ironic is one of the image that was asked for',
    { media: empty, attached: data, asked: {}, lastError: 'no such image' },
    failing('no such image', 1, 30),
  ],
  [
    'one that was there before is not',
    { media: empty, attached: data, asked: { lastError: 'old' }, lastError: 'old' },
    busy,
  ],
  [
    'an image that does not come is told after a while',
    { media: empty, attached: data, asked: { at: now - 61 } },
    failing('the image is still not in the virtual drive after 60 seconds', 1, 30),
  ],
  [
    'one that does not go, too',
    { media: full, attached: data, deleting: true, asked: { url: '', at: now - 61 } },
    failing('the image is still in the virtual drive after 60 seconds', 1, 30, data),
  ],
  [
    'a host with a live ISO is told that it cannot have both',
    { liveIso: true },
    expect.objectContaining({
      kind: 'note',
      notes: {
        dataImage: expect.objectContaining({ error: { count: 1, message: expect.stringContaining('live ISO') } }),
      },
    }),
  ],
])('before a machine is powered on: %s', (_sentence, given, decision) => {
  expect(decide(given)).toEqual(decision);
});

test.each<[state: ProvisioningState, decision: object]>([
  ['provisioned', { kind: 'read-media' }],
  ['available', expect.objectContaining({ request: expect.objectContaining({ do: 'power', target: 'power on' }) })],
  ['externally provisioned', expect.objectContaining({ request: expect.objectContaining({ do: 'power' }) })],
])('a host that is %s and off is powered on by way of its data image only if it is provisioned', (state, decision) => {
  expect(decidePower(viewFor({}, state))).toEqual(decision);
});

test('the drive of a machine that is on is left alone', () => {
  const view = viewFor({});
  const running = { ...view, node: nodeOf({ provisionState: 'active', powerState: 'power on' }) };
  expect(decidePower(running)).toMatchObject({ kind: 'wait', reason: 'power is as wanted' });
});
