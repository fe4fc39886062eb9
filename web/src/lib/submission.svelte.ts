import { failureText } from './failure-text';

/** A form on its way: it is not sent twice, and says what went wrong. */
export class Submission {
  busy = $state(false);
  failure = $state('');
  #work: () => Promise<void>;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** The form's `onsubmit`. */
  submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (this.busy) return;
    this.busy = true;
    this.failure = '';
    try {
      await this.#work();
    } catch (cause) {
      this.failure = failureText(cause);
    } finally {
      this.busy = false;
    }
  };
}
