import { useEffect, useState } from "react";
import { get } from "../lib/api.js";

export function AddressForm({ customer }) {
  const [address, setAddress] = useState(customer.address);
  const [suggestions, setSuggestions] = useState([]);

  useEffect(() => {
    // Runs again after every keystroke, since `normalise` makes a new object.
    setAddress(normalise(address));
  }, [address]);

  async function suggest(text) {
    const query = encodeURIComponent(text);
    const answer = await get(`/addresses?near=${query}`);
    setSuggestions(answer.addresses);
  }

  function normalise(address) {
    return { ...address, postcode: address.postcode.trim().toUpperCase() };
  }

  return (
    <fieldset>
      <legend>Where shall it go?</legend>
      <input value={address.street} onInput={(event) => suggest(event.target.value)} />
      <datalist>
        {suggestions.map((found) => (
          <option key={found.id} value={found.label} />
        ))}
      </datalist>
    </fieldset>
  );
}
