//! The program. Everything that it does with evidence is in the library.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
