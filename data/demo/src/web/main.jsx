import { hydrateRoot } from "react-dom/client";
import { App } from "./App.jsx";
import { readWishlist } from "./lib/links.js";
import { pickupSlot } from "./lib/dates.js";
import { stores } from "./data/stores.js";

const state = window.__STATE__;
state.wishlist = readWishlist(location.hash);
state.pickup = stores.map((store) => ({ ...store, slot: pickupSlot(store, new Date()) }));

hydrateRoot(document.getElementById("shop"), <App state={state} />);
