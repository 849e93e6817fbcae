//! The program. Everything that it does with evidence is in the library.

mod cli;

/// With musl's own allocator, threads wait for each other: see docs/decisions/mimalloc.md.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::main()
}
