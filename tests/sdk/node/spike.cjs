// Fails COUNT times in the same place, each time for somebody else, as a busy shop does whose payment provider is down.
const Sentry = require("@sentry/node");

Sentry.init({ dsn: process.env.SENTRY_DSN, release: "shop@2.14.3", environment: "production" });

class PaymentUnavailable extends Error {
  name = "PaymentUnavailable";
}

function charge(customer) {
  throw new PaymentUnavailable(`The payment provider does not answer ${customer}`);
}

function meet(customer) {
  Sentry.withScope((scope) => {
    scope.setUser({ id: `customer-${customer}` });
    try {
      charge(customer);
    } catch (error) {
      Sentry.captureException(error);
    }
  });
}

/** The SDK drops what its transport has no room for: 64 at once. */
const AT_ONCE = 50;

(async () => {
  for (let customer = 0; customer < Number(process.env.COUNT); customer += 1) {
    meet(customer);
    const isFull = customer % AT_ONCE === AT_ONCE - 1;
    if (isFull && !(await Sentry.flush(20_000))) process.exit(1);
  }
  process.exit((await Sentry.flush(20_000)) ? 0 : 1);
})();
