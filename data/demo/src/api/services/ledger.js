import { withTransaction } from "../db/pool.js";

export async function settle(payment) {
  await withTransaction(async (db) => {
    await db.query("UPDATE orders SET paid = now() WHERE payment_id = $1", [payment.id]);
    await db.query("UPDATE balances SET cents = cents + $1 WHERE account = 'stripe'", [payment.amount]);
  });
}
