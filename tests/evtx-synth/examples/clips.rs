//! Converts clips of real logs, which others published as JSON lines, to `.evtx`:
//! `cargo run -p evtx-synth --example clips -- IN OUT`
//!
//! IN is a clip (`.zip`, `.tar.gz` or `.json`) or a folder with clips. The logs of the clip NAME are written below
//! `OUT/NAME/COMPUTER/`.

use evtx_synth::clips;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let arguments: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let [input, output] = arguments.as_slice() else {
        return Err(io::Error::other("usage: clips IN OUT"));
    };
    let mut files = Vec::new();
    find(input, &mut files)?;
    files.sort();
    for file in files {
        convert(&file, output)?;
    }
    Ok(())
}

fn find(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            find(&entry?.path(), files)?;
        }
    } else if clips::is_clip(path) {
        files.push(path.to_owned());
    }
    Ok(())
}

fn convert(file: &Path, output: &Path) -> io::Result<()> {
    let clip = clips::convert(&clips::json_lines(&fs::read(file)?)?);
    let name = clips::name(file);
    for log in &clip.logs {
        let path = output.join(&name).join(log.path());
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, log.evtx())?;
    }
    let records: usize = clip.logs.iter().map(|log| log.records.len()).sum();
    println!("{name}: {} logs, {records} records, left out: {:?}", clip.logs.len(), clip.left_out);
    Ok(())
}
