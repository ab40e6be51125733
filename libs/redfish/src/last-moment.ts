import { DecoratorHandler, type Dispatcher } from 'undici';

/** The right to make a request was lost between asking for it and sending it. */
class TooLate extends Error {
  override readonly name = 'TooLate';
}

class Checked extends DecoratorHandler {
  readonly #mayStart: () => boolean;
  readonly #handler: Dispatcher.DispatchHandler;

  constructor(handler: Dispatcher.DispatchHandler, mayStart: () => boolean) {
    super(handler);
    this.#handler = handler;
    this.#mayStart = mayStart;
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    // Thrown here, an error keeps the client from writing a single byte.
    if (!this.#mayStart()) throw new TooLate('the right to make this request has run out');
    this.#handler.onRequestStart?.(controller, context);
  }
}

/** Asks the option `mayStart` of a request, where it has one, in the instant before the request is written to its connection. */
export const lastMoment: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => {
  const mayStart: unknown = Reflect.get(options, 'mayStart');
  const guarded = typeof mayStart === 'function' ? new Checked(handler, () => mayStart() === true) : handler;
  return dispatch(options, guarded);
};
