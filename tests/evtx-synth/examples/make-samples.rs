//! Rebuilds the sample logs: `cargo run -p evtx-synth --example make-samples`, in the folder of the project.

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = PathBuf::from(env::args().nth(1).unwrap_or_else(|| ".".into()));
    for (path, bytes) in evtx_synth::samples::all() {
        let file = folder.join(path);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&file, bytes)?;
        println!("{}", file.display());
    }
    Ok(())
}
