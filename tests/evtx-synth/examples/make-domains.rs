//! Writes simulated domains as files: `cargo run -p evtx-synth --example make-domains -- FOLDER FIRST COUNT`
//!
//! The log files of `simulate::domains::domain(seed)` are written below `FOLDER/SEED/`, for COUNT seeds from FIRST
//! on, and what happened into `FOLDER/SEED.truth.csv`.

use evtx_synth::simulate::domains::{TrueHop, TrueSource, domain};
use std::error::Error;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, first, count] = arguments.as_slice() else {
        return Err("usage: make-domains FOLDER FIRST COUNT".into());
    };
    let folder = Path::new(folder);
    let first: u64 = first.parse()?;
    for seed in (first..).take(count.parse()?) {
        let domain = domain(seed);
        for (name, bytes) in &domain.files {
            let file = folder.join(seed.to_string()).join(name);
            file.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(file, bytes)?;
        }
        let head = "target,record,logon_id,logon_type,user,scenario,source,session,via,no_source,lag_ms,offset_ms\n";
        let rows: String = domain.hops.iter().map(row).collect();
        fs::write(folder.join(format!("{seed}.truth.csv")), format!("{head}{rows}"))?;
        println!(
            "{seed}: {} logs, {} sessions, {:?}",
            domain.files.len(),
            domain.hops.len(),
            domain.features
        );
    }
    Ok(())
}

fn row(hop: &TrueHop) -> String {
    let source = match &hop.source {
        TrueSource::Computer { name, session, via, .. } => {
            let session = session.map_or(String::new(), |id| format!("{id:#x}"));
            format!("{name},{session},{},", via.clone().unwrap_or_default())
        }
        TrueSource::Stranger(name) => format!(",,,outside: {name}"),
        TrueSource::None(reason) => format!(",,,{reason}"),
    };
    format!(
        "{},{},{:#x},{},{},{},{source},{},{}\n",
        hop.target,
        hop.record,
        hop.logon_id,
        hop.logon_type,
        hop.user,
        hop.scenario.replace(',', ";"),
        hop.lag_ms,
        hop.offset_ms
    )
}
