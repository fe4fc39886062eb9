import { Router } from "express";
import { stripe } from "../services/payments.js";
import { settle } from "../services/ledger.js";

export const webhooks = Router();

webhooks.post("/webhooks/stripe", async (request, response) => {
  const signature = request.get("stripe-signature");
  const event = stripe.webhooks.constructEvent(request.rawBody, signature, process.env.STRIPE_WEBHOOK_KEY);
  await settle(event.data.object);
  response.json({ received: true });
});
