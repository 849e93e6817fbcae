//! Who was logged on at a moment: `logged_on_at TIME EVIDENCE...`, for example
//! `cargo run --example logged_on_at -- 2026-03-02T09:12 sample-evtx`.

use std::error::Error;
use winlast::Analysis;
use winlast::select::{Filter, parse_since, parse_until};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let time = arguments.next().ok_or("give a time, then evidence")?;
    let (since, until) = (parse_since(&time)?, parse_until(&time)?);
    let mut report = Analysis::of(arguments).run()?;
    Filter { since: Some(since), until: Some(until), ..Filter::default() }.apply(&mut report);
    for (host, session) in report.sessions() {
        let start = session.start.map_or("?".to_owned(), |start| start.time.to_string());
        println!("{host}  {}  {}  {start}  {}", session.account, session.class, session.end);
    }
    Ok(())
}
