import { type Order, Outcome, type Receipt } from "./order";

const CENTS_MAX = 4_000;

export class PaymentDeclined extends Error {
  override name = "PaymentDeclined";
}

/** In units of the currency, as people write it: `42.50 EUR`. */
function written(order: Order): string {
  const format = (cents: number): string => (cents / 100).toFixed(2);
  return `${format(order.cents)} ${order.currency}`;
}

/** The known place: every order above the limit fails here. */
export function chargeCard(order: Order, outcome: Outcome): Receipt {
  if (outcome === Outcome.Paid && order.cents > CENTS_MAX) {
    throw new PaymentDeclined(`card declined for ${written(order)}`);
  }
  return { order, outcome };
}
