//! Writes simulated hosts as files: `… --example make-hosts -- FOLDER FIRST COUNT`
//!
//! The log files of `simulate::any(seed)` are written below `FOLDER/SEED/`, for COUNT seeds from
//! FIRST on.

use std::error::Error;
use std::path::Path;
use std::{env, fs, io};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, first, count] = arguments.as_slice() else {
        return Err("usage: make-hosts FOLDER FIRST COUNT".into());
    };
    let first: u64 = first.parse()?;
    for seed in (first..).take(count.parse()?) {
        write_host(&Path::new(folder).join(seed.to_string()), seed)?;
    }
    Ok(())
}

fn write_host(folder: &Path, seed: u64) -> io::Result<()> {
    for (name, bytes) in evtx_synth::simulate::any(seed).files {
        let file = folder.join(name);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(file, bytes)?;
    }
    Ok(())
}
