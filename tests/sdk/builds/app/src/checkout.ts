import mitt from "mitt";

import type { Order } from "./order";

type Events = { placed: Order; settled: string };

/** Between the shop's modules: its frames are a library's. */
export const bus = mitt<Events>();

async function openRegister() {
  const { Register } = await import("./register");
  return new Register("till");
}

export async function checkOut(order: Order): Promise<string[]> {
  const register = await openRegister();
  const settled: string[] = [];
  bus.on("placed", (placed) => {
    const attempt = (left: number): string => {
      const number = register.settle(placed);
      return number === "" && left > 0 ? attempt(left - 1) : number;
    };
    settled.push(attempt(1));
  });
  bus.emit("placed", { ...order, cents: 100 });
  register.refund(order);
  bus.emit("placed", order);
  return settled;
}
