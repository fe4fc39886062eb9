import { Suspense, lazy, useMemo, useState } from "react";
import { useParams } from "react-router";
import { Gallery } from "../components/Gallery.jsx";
import { StockBadge } from "../components/StockBadge.jsx";
import { useProduct } from "../hooks/useProduct.js";
import { useRecentlyViewed } from "../hooks/useRecentlyViewed.js";
import { post } from "../lib/api.js";
import { formatMoney } from "../lib/money.js";

const ReviewList = lazy(() => import("../components/ReviewList.jsx"));

export function ProductPage({ market }) {
  const { slug } = useParams();
  const product = useProduct(slug);
  const [size, setSize] = useState(null);
  useRecentlyViewed(product);

  const price = useMemo(() => {
    return formatMoney(product.price, market.currency, market.locale);
  }, [product, market]);

  async function addToCart() {
    const line = { sku: product.sku, size, quantity: 1 };
    await post("/cart/lines", line);
    window.dispatchEvent(new CustomEvent("cart:changed", { detail: line }));
  }

  const arrival = new Date(product.nextDelivery).toISOString().slice(0, 10);

  return (
    <article className="product">
      <Gallery images={product.images} />
      <h1>{product.name}</h1>
      <p className="price">{price}</p>
      <StockBadge stock={product.stock[size]} arrival={arrival} />
      <SizePicker sizes={product.sizes} value={size} onChange={setSize} />
      <button onClick={addToCart}>Add to cart</button>
      <Suspense fallback={<p>Reviews are on their way …</p>}>
        <ReviewList product={product.id} />
      </Suspense>
    </article>
  );
}

function SizePicker({ sizes, value, onChange }) {
  return (
    <select value={value ?? ""} onChange={(event) => onChange(event.target.value)}>
      {sizes.map((size) => (
        <option key={size}>{size}</option>
      ))}
    </select>
  );
}
