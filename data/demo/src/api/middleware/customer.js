import jwt from "jsonwebtoken";

export function customer(request, response, next) {
  const token = request.cookies.session;
  if (!token) return next();
  request.customer = jwt.verify(token, process.env.SESSION_KEY, { maxAge: "12h" });
  next();
}
