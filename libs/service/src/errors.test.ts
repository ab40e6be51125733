import { expect, test } from '@jest/globals';
import { CodedError, errorTable, isCodedError, knownErrors, toCodedError } from './errors.ts';

const errors = errorTable({
  refused: { code: 'HOST-POWER-REFUSED', class: 'transient', remedy: 'Look at the BMC.' },
  taken: {
    code: 'HOST-TAKEN',
    class: 'conflict',
    httpStatus: 412,
    conditionReason: 'Claimed',
    remedy: 'Choose another.',
  },
});

test('a row fills what it leaves out from its class', () => {
  expect(errors.refused('no', { details: { host: 'a' } })).toMatchObject({
    code: 'HOST-POWER-REFUSED',
    class: 'transient',
    retry: 'backoff',
    grpcStatus: 'UNAVAILABLE',
    httpStatus: 503,
    conditionReason: 'HostPowerRefused',
    details: { host: 'a' },
    message: 'no',
  });
  expect(errors.taken('x')).toMatchObject({
    httpStatus: 412,
    grpcStatus: 'ABORTED',
    conditionReason: 'Claimed',
    retry: 'reread',
  });
});

test('an error is recognised even when another copy of the library threw it', () => {
  const foreign = Object.assign(new Error('x'), { code: 'A-B', [Symbol.for('metal3.CodedError')]: true });
  expect(foreign).toBeInstanceOf(CodedError);
  expect(isCodedError(foreign, 'A-B')).toBe(true);
  expect(isCodedError(foreign, 'C')).toBe(false);
  expect(isCodedError(new Error('x'))).toBe(false);
});

test('what is not coded becomes a bug, except for aborts and timeouts', () => {
  expect(toCodedError(new TypeError('oops'))).toMatchObject({ code: 'INTERNAL', class: 'bug' });
  expect(toCodedError('text')).toMatchObject({ code: 'INTERNAL', message: 'text' });
  expect(toCodedError(new DOMException('late', 'TimeoutError'))).toMatchObject({ code: 'DEADLINE-EXCEEDED' });
  expect(toCodedError(new DOMException('stop', 'AbortError'))).toMatchObject({ code: 'CANCELLED' });
  const coded = errors.refused('x');
  expect(toCodedError(coded)).toBe(coded);
});

test('every row of every table is known to the reference page', () => {
  expect(knownErrors()).toContainEqual(
    expect.objectContaining({ code: 'HOST-TAKEN', httpStatus: 412, retry: 'reread', conditionReason: 'Claimed' }),
  );
});
