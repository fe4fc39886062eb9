/** The time that relative times are measured from, moved on so rarely that a page stays calm. */
class Clock {
  now = $state(Date.now());

  start(): () => void {
    const timer = setInterval(() => (this.now = Date.now()), 15_000);
    return () => clearInterval(timer);
  }
}

export const clock = new Clock();
