import { fakeIronic } from './adapters/fake.ts';
import { provisionerConformance } from './testing/conformance.ts';

provisionerConformance('in-memory', async () => {
  let ids = 0;
  const ironic = fakeIronic({ nextUuid: () => `00000000-0000-4000-8000-${String((ids += 1)).padStart(12, '0')}` });
  return { provisioner: ironic, settle: () => ironic.settle(), patienceMs: 2_000, close: async () => {} };
});
