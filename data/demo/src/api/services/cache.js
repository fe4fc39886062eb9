import Redis from "ioredis";

const redis = new Redis(process.env.REDIS_URL, { maxRetriesPerRequest: 1, commandTimeout: 250 });
const SECONDS = 300;

export async function cached(key, load) {
  const known = await redis.get(key);
  if (known) return JSON.parse(known);
  const value = await load();
  await redis.set(key, JSON.stringify(value), "EX", SECONDS);
  return value;
}
