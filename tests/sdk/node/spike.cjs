// Fails COUNT times in the same place, each time for somebody else, as a busy shop does whose payment provider is down.
const Sentry = require("@sentry/node");

Sentry.init({ dsn: process.env.SENTRY_DSN, release: "shop@2.14.3", environment: "production" });

class PaymentUnavailable extends Error {
  name = "PaymentUnavailable";
}

function charge(customer) {
  throw new PaymentUnavailable(`The payment provider does not answer ${customer}`);
}

for (let customer = 0; customer < Number(process.env.COUNT); customer += 1) {
  Sentry.withScope((scope) => {
    scope.setUser({ id: `customer-${customer}` });
    try {
      charge(customer);
    } catch (error) {
      Sentry.captureException(error);
    }
  });
}

Sentry.flush(20_000).then((sent) => process.exit(sent ? 0 : 1));
