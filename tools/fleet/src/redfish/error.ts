import { json, type Reply } from '../http/server.ts';

const base = 'Base.1.18';

interface Message {
  readonly status: number;
  readonly text: string;
  readonly resolution: string;
  readonly severity?: 'Warning' | 'Critical';
  /** Of another registry than Base. */
  readonly registry?: string;
}

/** The messages of DMTF's Base registry that this BMC uses; %1, %2 are the arguments. */
const messages = {
  ResourceMissingAtURI: {
    status: 404,
    text: 'The resource at the URI %1 was not found.',
    resolution: 'Place a valid resource at the URI or correct the URI and resubmit the request.',
    severity: 'Critical',
  },
  OperationNotAllowed: {
    status: 405,
    text: 'The HTTP method is not allowed on this resource.',
    resolution: 'None.',
    severity: 'Critical',
  },
  NoValidSession: {
    status: 401,
    text: 'There is no valid session established with the implementation.',
    resolution: 'Establish a session before attempting any operations.',
    severity: 'Critical',
  },
  SessionLimitExceeded: {
    status: 503,
    text: 'The session establishment failed due to the number of simultaneous sessions exceeding the limit of the implementation.',
    resolution: 'Reduce the number of other sessions before trying to establish the session.',
    severity: 'Critical',
  },
  MalformedJSON: {
    status: 400,
    text: 'The request body submitted was malformed JSON and could not be parsed by the receiving service.',
    resolution: 'Ensure that the request body is valid JSON and resubmit the request.',
    severity: 'Critical',
  },
  PropertyUnknown: {
    status: 400,
    text: 'The property %1 is not in the list of valid properties for the resource.',
    resolution: 'Remove the unknown property from the request body and resubmit the request if the operation failed.',
  },
  PropertyNotWritable: {
    status: 400,
    text: 'The property %1 is a read-only property and cannot be assigned a value.',
    resolution: 'Remove the property from the request body and resubmit the request if the operation failed.',
  },
  PropertyValueNotInList: {
    status: 400,
    text: "The value '%1' for the property %2 is not in the list of acceptable values.",
    resolution:
      'Choose a value from the enumeration list that the implementation can support and resubmit the request.',
  },
  PropertyValueTypeError: {
    status: 400,
    text: "The value '%1' for the property %2 is of a different type than the property can accept.",
    resolution:
      'Correct the value for the property in the request body and resubmit the request if the operation failed.',
  },
  PropertyMissing: {
    status: 400,
    text: 'The property %1 is a required property and must be included in the request.',
    resolution: 'Ensure that the property is in the request body and has a valid value and resubmit the request.',
  },
  ActionParameterMissing: {
    status: 400,
    text: 'The action %1 requires the parameter %2 to be present in the request body.',
    resolution: 'Supply the action with the required parameter in the request body when the request is resubmitted.',
    severity: 'Critical',
  },
  ActionParameterValueNotInList: {
    status: 400,
    text: "The value '%1' for the parameter %2 in the action %3 is not in the list of acceptable values.",
    resolution:
      'Choose a value from the enumeration list that the implementation can support and resubmit the request.',
  },
  ActionParameterValueTypeError: {
    status: 400,
    text: "The value '%1' for the parameter %2 in the action %3 is of a different type than the parameter can accept.",
    resolution: 'Supply the correct value for the parameter in the request body and resubmit the request.',
  },
  ActionParameterUnknown: {
    status: 400,
    text: 'The action %1 was submitted with the invalid parameter %2.',
    resolution: 'Correct the invalid parameter and resubmit the request if the operation failed.',
  },
  ActionParameterValueConflict: {
    status: 409,
    text: "The parameter %1 with the requested value of '%2' does not meet the constraints of the implementation.",
    resolution: 'Supply the correct value for the parameter in the request body and resubmit the request.',
  },
  ActionNotSupported: {
    status: 400,
    text: 'The action %1 is not supported by the resource.',
    resolution: 'The action supplied cannot be resubmitted to the implementation.',
    severity: 'Critical',
  },
  ResourceInUse: {
    status: 409,
    text: 'The change to the requested resource failed because the resource is in use or in transition.',
    resolution: 'Remove the condition and resubmit the request if the operation failed.',
  },
  PreconditionFailed: {
    status: 412,
    text: 'The ETag supplied did not match the ETag required to change this resource.',
    resolution: 'Try the operation again using the appropriate ETag.',
    severity: 'Critical',
  },
  ServiceTemporarilyUnavailable: {
    status: 503,
    text: 'The service is temporarily unavailable. Retry in %1 seconds.',
    resolution: 'Wait for the indicated retry duration and retry the operation.',
    severity: 'Critical',
  },
  UnableToModifyDuringSystemPOST: {
    status: 400,
    text: 'The property cannot be modified while the system BIOS is in POST.',
    resolution: 'After the system is either fully booted or powered off, retry the operation.',
    registry: 'iLO.2.14',
  },
  GeneralError: {
    status: 500,
    text: 'A general error has occurred. %1',
    resolution: 'None.',
    severity: 'Critical',
  },
} as const satisfies Readonly<Record<string, Message>>;

export type MessageId = keyof typeof messages;

/** A request the BMC refuses, with a message of the Base registry. */
export class RedfishError extends Error {
  override readonly name = 'RedfishError';
  readonly status: number;
  readonly messageId: MessageId;
  readonly messageArgs: readonly string[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    messageId: MessageId,
    messageArgs: readonly string[] = [],
    options: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    const { text, status } = messages[messageId];
    super(text.replace(/%(\d)/g, (_all, index: string) => messageArgs[Number(index) - 1] ?? ''));
    this.messageId = messageId;
    this.messageArgs = messageArgs;
    this.status = options.status ?? status;
    this.headers = options.headers ?? {};
  }

  /** The error body of DSP0266 section 8.6: one code and the messages in `@Message.ExtendedInfo`. */
  reply(): Reply {
    const known: Message = messages[this.messageId];
    const severity = known.severity ?? 'Warning';
    const id = `${known.registry ?? base}.${this.messageId}`;
    const error = {
      code: id,
      message: this.message,
      '@Message.ExtendedInfo': [
        {
          '@odata.type': '#Message.v1_1_2.Message',
          MessageId: id,
          Message: this.message,
          MessageArgs: this.messageArgs,
          Severity: severity,
          MessageSeverity: severity,
          Resolution: known.resolution,
        },
      ],
    };
    return json(this.status, { error }, { 'odata-version': '4.0', ...this.headers });
  }
}
