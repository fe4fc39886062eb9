import { pool } from "../db/pool.js";

const WANTED = 8;

export async function recommend(product, customer) {
  const { rows } = await pool.query("SELECT sku FROM bought_with WHERE other = $1 LIMIT 40", [product.sku]);
  const candidates = await Promise.all(rows.map((row) => details(row.sku)));
  return candidates.filter((other) => other.stock > 0).slice(0, WANTED);
}

// One query for each candidate: forty connections for one page.
async function details(sku) {
  const { rows } = await pool.query("SELECT * FROM products WHERE sku = $1", [sku]);
  return rows[0];
}
