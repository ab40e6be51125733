import { expect, test } from '@jest/globals';
import { homeNamespace, watchedNamespaces } from './operator.ts';

const settings = (namespace: string, leaseNamespace = '') => ({
  kubernetes: { kubeconfig: '', namespace },
  leaderElection: { enabled: true, namespace: leaseNamespace },
});

test.each([
  ['', []],
  ['metal3', ['metal3']],
  ['a,b', ['a', 'b']],
  [' a , b ,, a', ['a', 'b']],
])('"%s" names the namespaces %j', (text, names) => {
  expect(watchedNamespaces(settings(text))).toEqual(names);
});

test.each([
  ['the namespace that is set', settings('a', 'home'), 'home'],
  ['the only one that is watched', settings('a'), 'a'],
  ['the default one where several are watched: a list is no namespace', settings('a,b'), 'default'],
  ['the default one where all are', settings(''), 'default'],
])('what replicas share is kept in %s', (_sentence, known, home) => {
  expect(homeNamespace(known)).toBe(home);
});
