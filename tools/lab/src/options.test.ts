import { expect, test } from '@jest/globals';
import { readOptions } from './options.ts';

const read = (...words: string[]) => readOptions(['node', 'main.ts', ...words], '/default');

test('without a command the lab stays open', () => {
  expect(read('--state-dir', '/elsewhere')).toEqual({
    test: false,
    quick: false,
    only: [],
    json: undefined,
    keep: false,
    stateDir: '/elsewhere',
    list: false,
  });
});

test('every option of test counts, words and options in any order', () => {
  expect(read('test', 'qcow2', '--keep', '--state-dir', '/elsewhere', 'RAID', '--json', 'figures.json')).toEqual({
    test: true,
    quick: false,
    only: ['qcow2', 'RAID'],
    json: 'figures.json',
    keep: true,
    stateDir: '/elsewhere',
    list: false,
  });
});
