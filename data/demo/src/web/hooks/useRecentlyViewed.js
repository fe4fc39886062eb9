import { useEffect } from "react";
import { recall, remember } from "../lib/storage.js";

const LENGTH = 12;

export function useRecentlyViewed(product) {
  useEffect(() => {
    const seen = recall("viewed") ?? [];
    const others = seen.filter((sku) => sku !== product.sku);
    remember("viewed", [product.sku, ...others].slice(0, LENGTH));
  }, [product]);
}
