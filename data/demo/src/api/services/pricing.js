import { pool } from "../db/pool.js";

export async function priceOf(cart, code, shipping) {
  const coupon = code ? await findCoupon(code) : null;
  const subtotal = cart.lines.reduce((sum, line) => sum + line.price * line.quantity, 0);
  const discount = coupon ? discountOf(coupon, subtotal) : 0;
  return { total: subtotal - discount + shipping.price, currency: "EUR", coupon };
}

function discountOf(coupon, subtotal) {
  if (coupon.valid_until < new Date()) return 0;
  return (subtotal * coupon.percent_off) / 100;
}

async function findCoupon(code) {
  const { rows } = await pool.query("SELECT * FROM coupons WHERE code = upper($1)", [code]);
  return rows[0];
}
