import { useState } from "react";
import { useNavigate } from "react-router";
import { AddressForm } from "../components/AddressForm.jsx";
import { OrderSummary } from "../components/OrderSummary.jsx";
import { post } from "../lib/api.js";
import { remember } from "../lib/storage.js";

export function Checkout({ cart, customer }) {
  const [coupon, setCoupon] = useState(null);
  const [failure, setFailure] = useState(null);
  const navigate = useNavigate();

  async function redeem(code) {
    const found = await post("/coupons/check", { code, cart: cart.id });
    setCoupon(found.coupon);
    remember("coupon", code);
  }

  function discountOf(cart) {
    const percent = coupon.percentOff;
    return Math.round((cart.subtotal * percent) / 100);
  }

  function totalOf(cart) {
    const discount = discountOf(cart);
    return cart.subtotal - discount + cart.shipping;
  }

  async function placeOrder(event) {
    event.preventDefault();
    setFailure(null);
    const total = totalOf(cart);
    const order = await post("/checkout", {
      cart: cart.id,
      coupon: coupon?.code ?? null,
      total,
    });
    navigate(`/orders/${order.id}/thanks`);
  }

  return (
    <form className="checkout" onSubmit={placeOrder}>
      <AddressForm customer={customer} />
      <OrderSummary cart={cart} coupon={coupon} onRedeem={redeem} />
      {failure && <p role="alert">{failure}</p>}
      <button type="submit">Pay now</button>
    </form>
  );
}
