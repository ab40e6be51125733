import { TransitionRefused } from '@metal3/node';
import { isStoreError, type NodeStoreError } from '@metal3/node-store';
import { isCodedError } from '@metal3/service';
import { conflict, Fault, locked, nodeNotFound, notFound } from './faults.ts';

/** What the libraries refuse, in the words of the API. Anything unknown is an internal error whose text is not shown. */
export function translateError(error: unknown): Fault {
  if (error instanceof Fault) return error;
  if (isStoreError(error)) return fromStore(error);
  if (error instanceof TransitionRefused) return new Fault('invalid-state', error.message, 'fault', error);
  if (isCodedError(error)) {
    const status = error.httpStatus;
    if (status === 400) return new Fault('invalid-argument', error.message, 'fault', error);
    if (status === 404) return new Fault('not-found', error.message, 'fault', error);
    if (status === 409) return new Fault('conflict', error.message, 'fault', error);
    if (status === 503 || status === 504)
      return new Fault('unavailable', `${error.message} ${error.remedy}`, 'fault', error);
  }
  return new Fault('internal', 'Internal Server Error', 'fault', error);
}

function fromStore(error: NodeStoreError): Fault {
  const { ident = '', holder = 'unknown', field, value = '', revision } = error.details;
  switch (error.code) {
    case 'NODE-NOT-FOUND':
      return nodeNotFound(ident);
    case 'NODE-LOCKED':
      return locked(ident, holder);
    case 'NODE-REVISION-CONFLICT':
      return conflict(`${ident} has changed meanwhile (it is at revision ${revision ?? 'unknown'}). Read it again.`);
    case 'NODE-DUPLICATE':
      return duplicateNode(field, value);
    case 'PORT-DUPLICATE':
      return duplicatePort(field, value);
    case 'PORT-NOT-FOUND':
      return notFound(`Port ${ident} could not be found.`);
    case 'MARKER-NOT-FOUND':
      return nodeNotFound(ident);
    case 'NODE-STORE-BUSY':
    case 'NODE-STORE-UNAVAILABLE':
    case 'NODE-STORE-CLOSED':
      return new Fault(
        'unavailable',
        'The node store cannot be reached now. Try again in a few seconds.',
        'fault',
        error,
      );
    default:
      return new Fault('internal', 'Internal Server Error', 'fault', error);
  }
}

function duplicateNode(field: string | undefined, value: string): Fault {
  switch (field) {
    case 'name':
      return new Fault('already-exists', `A node with name ${value} already exists.`);
    case 'instanceUuid':
      return new Fault(
        'already-exists',
        `Instance ${value} is already associated with a node, it cannot be associated with this other node`,
      );
    default:
      return new Fault('already-exists', `A node with UUID ${value} already exists.`);
  }
}

function duplicatePort(field: string | undefined, value: string): Fault {
  switch (field) {
    case 'address':
      return new Fault('already-exists', `A port with MAC address ${value} already exists.`);
    case 'name':
      return new Fault('already-exists', `A port with name ${value} already exists.`);
    default:
      return new Fault('already-exists', `A port with UUID ${value} already exists.`);
  }
}
