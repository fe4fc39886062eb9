export class StockConflict extends Error {
  name = "StockConflict";
  status = 409;
}

/** Takes the lines out of stock, or none of them. */
export async function reserve(db, lines) {
  for (const line of lines) {
    const left = await take(db, line);
    if (left < 0) {
      throw new StockConflict(`${line.sku} in ${line.size} is sold out`);
    }
  }
}

async function take(db, { sku, size, quantity }) {
  const sql = "UPDATE stock SET amount = amount - $3 WHERE sku = $1 AND size = $2 RETURNING amount";
  const { rows } = await db.query(sql, [sku, size, quantity]);
  return rows[0].amount;
}
