//! Which events are the same: hashes equal to Sentry's, by version `newstyle:2026-01-20`.
