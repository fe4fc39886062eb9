//! The embedded web app: cache headers, CSP, index fallback.
