export interface Order {
  id: string;
  cents: number;
  currency: "EUR" | "CHF";
}

export enum Outcome {
  Paid = "paid",
  Refunded = "refunded",
}

export interface Receipt {
  order: Order;
  outcome: Outcome;
}
