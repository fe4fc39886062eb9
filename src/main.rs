//! The binary: an allocator that gives memory back, and the commands of `lighttrace::cli`.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    lighttrace::cli::run()
}
