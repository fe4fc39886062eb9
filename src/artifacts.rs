//! Files that builds upload for reading their stack traces.

pub mod convert;
mod layout;
pub mod maps;
