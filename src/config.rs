//! Settings: `LIGHTTRACE_*` variables over an optional TOML file.
