//! Whatever is or may be evidence and was not read wholly is said, and the exit code is 3.

use super::common::{project, scratch, shared, winlast};
use std::path::{Path, PathBuf};
use winlast::model::{Finding, FindingCode, Report, Verdict};
use winlast::{Analysis, Error};

/// Runs the library; no log at all is an empty report.
fn read(paths: &[PathBuf]) -> Option<Report> {
    match Analysis::of(paths).run() {
        Ok(report) => Some(report),
        Err(Error::NoEvidence(_) | Error::Evidence { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

fn findings(report: &Report, code: FindingCode) -> Vec<&Finding> {
    report.findings.iter().filter(|finding| finding.code == code).collect()
}

fn exit_code(paths: &[&Path]) -> Option<i32> {
    let mut arguments: Vec<&str> = paths.iter().map(|path| path.to_str().unwrap()).collect();
    arguments.push("--print");
    arguments.push("sessions");
    winlast(&arguments).status.code()
}

/// The exit code, the verdicts and the findings say the same.
#[test]
fn severity_alone_decides() {
    for (sample, code) in
        [("sample-evtx/ws01", 0), ("sample-evtx/dirty", 0), ("sample-evtx-damaged", 3)]
    {
        let path = project(sample);
        let report = read(std::slice::from_ref(&path)).unwrap();
        assert_eq!(exit_code(&[&path]), Some(code), "{sample}");
        assert_eq!(report.is_incomplete(), code == 3, "{sample}");
        assert_eq!(report.findings.iter().any(Finding::is_loss), code == 3, "{sample}");
        let whole = report.logs.iter().all(|log| log.verdict == Verdict::Complete);
        assert_eq!(whole, code == 0, "{sample}");
    }
}

#[test]
fn a_log_cut_at_a_chunk_is_no_complete_log() {
    let folder = scratch("cut");
    let whole = std::fs::read(project("sample-evtx/ws01/Security.evtx")).unwrap();
    let cut = folder.join("Security.evtx");
    std::fs::write(&cut, &whole[..4096 + 65_536]).unwrap();
    let report = read(std::slice::from_ref(&cut)).unwrap();
    assert_eq!(findings(&report, FindingCode::LogShort).len(), 1);
    assert_eq!(report.logs[0].verdict, Verdict::Damaged);
    assert_eq!(exit_code(&[&cut]), Some(3));
}

/// The header promises 6 chunks and record 636. What is missing was counted by hand.
#[test]
fn real_logs_that_are_cut() {
    let Some(folder) = shared("evtx-more/cut") else { return };
    let report = read(std::slice::from_ref(&folder)).unwrap();
    let said: Vec<&str> =
        findings(&report, FindingCode::LogShort).iter().map(|f| f.message.as_str()).collect();
    assert_eq!(said.len(), 2);
    assert!(said[0].contains("636 records are missing, 1 to 636"), "{}", said[0]);
    assert!(said[1].contains("211 records are missing, 426 to 636"), "{}", said[1]);
    let verdicts: Vec<Verdict> = report.logs.iter().map(|log| log.verdict).collect();
    assert_eq!(verdicts, [Verdict::Unreadable, Verdict::Damaged]);
    assert_eq!(exit_code(&[&folder]), Some(3));
}

/// Sound logs, dirty ones, exported and forwarded ones: none is called short.
#[test]
fn no_sound_log_is_called_short() {
    for (folder, expected) in [
        // The first is cut off, the second has 12 chunks without their signature.
        (
            "evtx",
            &["hosts/greendale/System2.evtx", "corrupt/sample_with_a_bad_chunk_magic.evtx"][..],
        ),
        ("evtx-more/real", &[]),
    ] {
        let Some(path) = shared(folder) else { return };
        let report = read(&[path]).unwrap();
        assert!(report.logs.len() > expected.len());
        for finding in findings(&report, FindingCode::LogShort) {
            let path = &report.log(finding.log.unwrap()).unwrap().path;
            let known = expected.iter().any(|known| path.ends_with(known));
            assert!(known, "{}", finding.message);
        }
    }
}
