//! The Prometheus registry and every metric's name, unit and meaning.
