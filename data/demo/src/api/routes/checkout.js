import { Router } from "express";
import { z } from "zod";
import { reserve } from "../services/inventory.js";
import { charge } from "../services/payments.js";
import { priceOf } from "../services/pricing.js";
import { quote } from "../services/shipping.js";
import { publish } from "../services/queue.js";
import { withTransaction } from "../db/pool.js";

export const checkout = Router();

const Body = z.object({
  cart: z.string().uuid(),
  coupon: z.string().nullable(),
  total: z.number().int().positive(),
});

checkout.post("/checkout", async (request, response) => {
  const body = Body.parse(request.body);
  const order = await placeOrder(request.customer, body);
  response.status(201).json(order);
});

async function placeOrder(customer, { cart: cartId, coupon, total }) {
  return withTransaction(async (db) => {
    const cart = await loadCart(db, cartId);
    const shipping = await quote(customer.address, cart);
    const price = await priceOf(cart, coupon, shipping);
    assertSameTotal(price, total);
    await reserve(db, cart.lines);
    const payment = await charge(customer, price, cart.id);
    const order = await insertOrder(db, customer, cart, payment);
    publish("order.placed", { order: order.id });
    return order;
  });
}

function assertSameTotal(price, total) {
  if (price.total !== total) {
    throw new RangeError(`The total is ${price.total}, the customer was shown ${total}`);
  }
}

async function loadCart(db, id) {
  const { rows } = await db.query("SELECT * FROM cart_lines WHERE cart_id = $1", [id]);
  return { id, lines: rows };
}

async function insertOrder(db, customer, cart, payment) {
  const sql = "INSERT INTO orders (customer_id, cart_id, payment_id) VALUES ($1, $2, $3) RETURNING id";
  const { rows } = await db.query(sql, [customer.id, cart.id, payment.id]);
  return rows[0];
}
