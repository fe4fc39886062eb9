import { zones } from "../data/zones.js";

const SURCHARGE = { island: 900, alpine: 450 };

export async function quote(address, cart) {
  const contract = contractOf(cart.tenant, address.country);
  const weight = cart.lines.reduce((sum, line) => sum + line.grams * line.quantity, 0);
  const surcharge = SURCHARGE[contract.zone] ?? 0;
  return { price: Math.ceil(weight / 500) * contract.rate + surcharge, contract };
}

function contractOf(tenant, country) {
  const contracts = zones[tenant] ?? zones.retail;
  return contracts.find((contract) => contract.countries.includes(country));
}
