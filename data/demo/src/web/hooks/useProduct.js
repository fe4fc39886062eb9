import { use } from "react";
import { get } from "../lib/api.js";

const products = new Map();

export function useProduct(slug) {
  if (!products.has(slug)) {
    products.set(slug, get(`/products/${slug}`));
  }
  return use(products.get(slug));
}
