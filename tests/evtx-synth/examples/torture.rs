//! Checks random cases of every target of `tests/torture` for so many seconds, or a number of rounds:
//!
//! `cargo run --release -p evtx-synth --example torture -- SECONDS [TARGET]`
//! `cargo run --release -p evtx-synth --example torture -- rounds COUNT FIRST_SEED [TARGET]`
//!
//! A case that is wrong, panics, or takes more than five seconds or 256 MiB is written to
//! `target/torture/TARGET/SEED.NAME.gz`, and the program ends with 1. `WINLAST_IMAGES` names a folder with
//! more images. To keep a counterexample, see `tests/counterexamples/README.md`.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::error::Error;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use winlast_torture::{Dice, TARGETS, Target};

/// The longest time that a case may take of the processor, where the system says it.
const SLOWEST: Duration = Duration::from_secs(5);
/// The most memory in KiB that the whole process may take for a case.
const MOST_MEMORY: u64 = 256 << 10;

/// When to stop.
enum Until {
    Time(Instant),
    Rounds(u64),
}

#[derive(Default)]
struct Tally {
    cases: u64,
    wrong: u64,
    slowest: Duration,
    /// The most memory in KiB that the process took during a case, if the system says it.
    largest: Option<u64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let (until, first, name) = match arguments.as_slice() {
        ["rounds", count, first, name @ ..] => {
            (Until::Rounds(count.parse()?), first.parse()?, name)
        }
        [seconds, name @ ..] => {
            let end = Instant::now() + Duration::from_secs(seconds.parse()?);
            (Until::Time(end), now << 24, name)
        }
        [] => {
            return Err(
                "usage: torture SECONDS [TARGET], or rounds COUNT FIRST_SEED [TARGET]".into()
            );
        }
    };
    let targets: Vec<&Target> =
        TARGETS.iter().filter(|target| name.is_empty() || name.contains(&target.name)).collect();
    let mut tallies: Vec<Tally> = targets.iter().map(|_| Tally::default()).collect();
    for seed in first.. {
        let goes_on = match until {
            Until::Time(end) => Instant::now() < end,
            Until::Rounds(count) => seed - first < count,
        };
        if !goes_on {
            break;
        }
        for (target, tally) in targets.iter().zip(&mut tallies) {
            check(target, seed, tally)?;
        }
    }
    let mut wrong = 0;
    for (target, tally) in targets.iter().zip(&tallies) {
        let Tally { cases, wrong: wrong_here, slowest, largest } = tally;
        let memory = largest.map(|kib| format!(", at most {kib} KiB of memory"));
        let memory = memory.unwrap_or_default();
        println!("{}: {cases} cases, {wrong_here} wrong, slowest {slowest:?}{memory}", target.name);
        wrong += wrong_here;
    }
    println!("seeds from {first} on");
    if wrong > 0 { Err(format!("{wrong} cases are wrong").into()) } else { Ok(()) }
}

fn check(target: &Target, seed: u64, tally: &mut Tally) -> Result<(), Box<dyn Error>> {
    let case = (target.make)(&mut Dice::seeded(seed));
    let is_measured = forget_peak();
    let (start, processor) = (Instant::now(), processor_time());
    let result = catch_unwind(AssertUnwindSafe(|| (target.check)(&case)));
    // Other programs at work, or one that stops this one, count for nothing.
    let taken = match (processor, processor_time()) {
        (Some(before), Some(after)) => after.saturating_sub(before),
        _ => start.elapsed(),
    };
    tally.cases += 1;
    tally.slowest = tally.slowest.max(taken);
    let memory = peak().filter(|_| is_measured);
    tally.largest = tally.largest.max(memory);
    let wrong = match result {
        Ok(Ok(())) if taken > SLOWEST => format!("it takes {taken:?}"),
        Ok(Ok(())) => match memory {
            Some(kib) if kib > MOST_MEMORY => format!("it takes {kib} KiB"),
            _ => return Ok(()),
        },
        Ok(Err(wrong)) => wrong,
        Err(_) => "it panics".to_owned(),
    };
    tally.wrong += 1;
    let folder = Path::new("target/torture").join(target.name);
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{seed}.{}.gz", case.name));
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&case.bytes)?;
    std::fs::write(&file, packed.finish()?)?;
    println!("{} {seed}: {wrong} ({})", target.name, file.display());
    Ok(())
}

/// The time of the processor that this process has taken, to 10 ms.
fn processor_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name, which may hold anything: the 12th and 13th number, in hundredths of a second.
    let (_, numbers) = stat.rsplit_once(')')?;
    let mut ticks = numbers.split_whitespace().skip(11).map(str::parse::<u64>);
    let (user, system) = (ticks.next()?.ok()?, ticks.next()?.ok()?);
    Some(Duration::from_millis(10 * (user + system)))
}

/// Makes the system forget the peak memory of this process; false where it cannot.
fn forget_peak() -> bool {
    std::fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// The peak memory of this process in KiB, if the system says it.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
