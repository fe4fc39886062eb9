import { Router } from "express";
import { cached } from "../services/cache.js";
import { recommend } from "../services/recommendations.js";
import { pool } from "../db/pool.js";

export const products = Router();

products.get("/products/:slug", async (request, response) => {
  const product = await cached(`product:${request.params.slug}`, () => findProduct(request.params.slug));
  product.alsoBought = await recommend(product, request.customer);
  response.json(product);
});

products.get("/search", async (request, response) => {
  const words = request.query.q.split(" ").join(" & ");
  const sql = "SELECT sku, name FROM products WHERE document @@ to_tsquery('english', $1) LIMIT 24";
  const { rows } = await pool.query(sql, [words]);
  response.json({ products: rows });
});

products.get("/export.csv", async (request, response) => {
  const { rows } = await pool.query("SELECT * FROM products CROSS JOIN price_history");
  const lines = rows.map((row) => Object.values(row).join(";"));
  response.type("text/csv").send(Buffer.from(lines.join("\n")));
});

async function findProduct(slug) {
  const { rows } = await pool.query("SELECT * FROM products WHERE slug = $1", [slug]);
  return rows[0];
}
