import Stripe from "stripe";

export const stripe = new Stripe(process.env.STRIPE_KEY, { timeout: 8000, maxNetworkRetries: 2 });

export class PaymentUnavailable extends Error {
  name = "PaymentUnavailable";
}

export class PaymentDeclined extends Error {
  name = "PaymentDeclined";
}

export async function charge(customer, price, key) {
  try {
    return await createIntent(customer, price, key);
  } catch (cause) {
    if (cause.type === "StripeCardError") {
      throw new PaymentDeclined(`Card declined: ${cause.decline_code}`, { cause });
    }
    throw new PaymentUnavailable("The payment provider does not answer", { cause });
  }
}

function createIntent(customer, price, key) {
  const intent = { amount: price.total, currency: price.currency, customer: customer.stripeId, confirm: true };
  return stripe.paymentIntents.create(intent, { idempotencyKey: key });
}
