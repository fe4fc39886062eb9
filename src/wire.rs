//! Formats as others speak them, read and written without I/O and without policy.

pub mod client_ip;
pub mod envelope;
pub mod otlp;
