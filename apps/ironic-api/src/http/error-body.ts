import { type Fault } from '../faults.ts';
import { shortened } from './python-text.ts';

/** Whatever of a request a message repeats, the reply stays a message. Lists of choices, the longest of our own words, fit. */
const longestMessage = 1_500;

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  409: 'Conflict',
  413: 'Request Entity Too Large',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/**
 * The body of an error. Ironic wraps a JSON document into a string inside a JSON document; clients take the inner one apart, so the
 * wrapping is part of the protocol.
 */
export function errorBody(fault: Fault): string {
  const faultcode = fault.httpStatus < 500 ? 'Client' : 'Server';
  const message = JSON.stringify(shortened(fault.message, longestMessage));
  switch (fault.form) {
    case 'flat':
      return `{"faultcode": "${faultcode}", "faultstring": ${message}}`;
    case 'basic':
      return `{"error": {"message": ${message}, "code": ${fault.httpStatus}}}`;
    case 'abort':
      return wrapped(
        `{"code": ${fault.httpStatus}, "title": "${titles[fault.httpStatus] ?? 'Error'}", "description": ${message}}`,
      );
    case 'fault':
      return wrapped(`{"faultcode": "${faultcode}", "faultstring": ${message}, "debuginfo": null}`);
  }
}

const wrapped = (inner: string): string => `{"error_message": ${JSON.stringify(inner)}}`;
