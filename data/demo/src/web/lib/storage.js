const PREFIX = "pinecone:";

export function remember(key, value) {
  const text = JSON.stringify({ value, at: Date.now() });
  window.localStorage.setItem(PREFIX + key, text);
}

export function recall(key) {
  const text = window.localStorage.getItem(PREFIX + key);
  return text ? JSON.parse(text).value : null;
}
