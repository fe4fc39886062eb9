import { type Order, Outcome, type Receipt } from "./order";
import { chargeCard } from "./payment";

const TRIES_MAX = 2;

export class Register {
  private readonly receipts: Receipt[] = [];

  constructor(private readonly name: string) {}

  /** Minifiers name `attempt` here as they name the function of that name in `checkout.ts`. */
  settle(order: Order): string {
    const attempt = (left: number): Receipt => {
      const receipt = chargeCard(order, Outcome.Paid);
      return receipt.order.id === "" && left > 0 ? attempt(left - 1) : receipt;
    };
    this.receipts.push(attempt(TRIES_MAX));
    return `${this.name}-${this.receipts.length}`;
  }

  refund(order: Order): Receipt {
    return chargeCard(order, Outcome.Refunded);
  }
}
