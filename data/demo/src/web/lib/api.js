const BASE = "https://api.pinecone.example/api";

export class ApiError extends Error {
  constructor(status, detail, path) {
    super(`${detail} (${status} from ${path})`);
    this.name = "ApiError";
    this.status = status;
  }
}

async function request(method, path, body) {
  const response = await fetch(BASE + path, {
    method,
    credentials: "include",
    headers: { "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  if (!response.ok) {
    const { detail } = await response.json();
    throw new ApiError(response.status, detail, path);
  }
  return response.json();
}

export const get = (path) => request("GET", path);
export const post = (path, body) => request("POST", path, body);
