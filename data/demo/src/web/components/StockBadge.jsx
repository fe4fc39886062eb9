import { relativeDay } from "../lib/dates.js";

export function StockBadge({ stock, arrival }) {
  const now = new Date();
  if (stock > 5) return <span className="badge">In stock</span>;
  if (stock > 0) return <span className="badge low">Only {stock} left</span>;
  return (
    <span className="badge out">
      Back {relativeDay(arrival, now)}, seen {now.toLocaleTimeString()}
    </span>
  );
}
