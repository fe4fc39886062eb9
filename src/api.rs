//! The read API under `/api/0`: Sentry-shaped JSON, one file a noun.
