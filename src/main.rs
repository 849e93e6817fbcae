//! The program: everything is in [`winlast::app`].

fn main() -> std::process::ExitCode {
    winlast::app::main()
}
