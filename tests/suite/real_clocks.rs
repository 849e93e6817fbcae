//! Steps of the clock and bounds of boots, each with the real records that show it. The records were looked up by
//! hand in the output of libevtx.

use super::real_records::{boot, read, started, time};
use winlast::model::{BootEnd, FindingCode, LogonId, Span};

/// The tools of VMware set the clock at 1414, 1658, 1758, 1780 and 2029. The fields of these 4616 add
/// up to 72,652.6216720 s. Two steps by Windows, each below a millisecond, are drift. The desktop of
/// 1150 was open in that time, until its 4647 at 2164.
#[test]
fn steps_by_the_tools_of_a_virtual_machine() {
    let Some(report) = read("hosts/rathbun_win10") else { return };
    let session = started(&report, 1150);
    assert_eq!(session.initiated.as_ref().unwrap().record.record_id, 2164);
    assert_eq!(session.duration(), Some(Span(1_216_493_716_966)));
    assert_eq!(session.corrected_duration(), Some(Span(1_216_493_716_966 - 726_526_216_720)));
    assert!(session.flags.iter().any(|flag| flag.word() == "clock-set-by-guest-tools"));
}

/// After a crash, 1101 is the first record of the next boot: 2370 and 2934. The last records before them, 2369 and
/// 2933, are 5379: they bound the boots that crashed.
#[test]
fn the_last_record_before_a_crash() {
    let Some(report) = read("hosts/belkasoft_win10") else { return };
    for (epoch, record, at) in
        [(6, 2369, "2020-08-07T19:50:03.3896795Z"), (11, 2933, "2020-08-07T20:11:48.2248189Z")]
    {
        let boot = boot(&report, epoch);
        assert_eq!(boot.end_cause, BootEnd::Crash, "{epoch}");
        assert_eq!(boot.last_record.unwrap().record_id, record);
        assert_eq!(boot.end_not_before, time(at));
    }
}

/// Parallels Tools set the clock forward twice while this session of a Windows 11 was open: by
/// 418,204 s and by 1,584 s.
#[test]
fn steps_by_parallels_tools() {
    let Some(report) = read("hosts/nicksmet_win11") else { return };
    let sessions = report.hosts.iter().flat_map(|host| &host.sessions);
    let mut own = sessions.filter(|s| (s.boot_epoch, s.logon_id) == (4, Some(LogonId(0x48_9080))));
    let session = own.next().unwrap();
    assert!(session.flags.iter().any(|flag| flag.word() == "clock-set-by-guest-tools"));
}

/// 4616 of version 0, whose times are text of a system 7 hours behind UTC: a service of VirtualBox
/// set the clock at 125, 367, 408, 456, 523, 564 and 604, each time from the first to the second
/// text. At 31 and 599 both texts are equal. The session of 436 began after the step of 408; the two
/// steps of 843,046 and 66,543 s are within it.
#[test]
fn steps_that_are_given_as_text() {
    let Some(report) = read("single/Security_with_size_t.evtx") else { return };
    let found = report.findings.iter().filter(|f| f.code == FindingCode::ClockStep);
    let mut records: Vec<u64> = found.map(|f| f.record_id.unwrap()).collect();
    records.sort_unstable();
    assert_eq!(records, [125, 367, 408, 456, 523, 564, 604]);
    let boots = &report.hosts[0].boots;
    let steps: Vec<(u32, u32, i64)> = boots
        .iter()
        .map(|boot| (boot.epoch, boot.clock_steps, boot.clock_step.0 / 10_000_000))
        .collect();
    assert_eq!(
        steps,
        [
            (1, 0, 0),
            (2, 0, 0),
            (3, 0, 0),
            (4, 1, -35_997),
            (5, 1, -35_999),
            (6, 3, 873_591),
            (7, 1, -35_999),
            (8, 1, -35_999),
        ]
    );
    let session = started(&report, 436);
    let flags: Vec<&str> = session.flags.iter().map(|flag| flag.word()).collect();
    assert!(flags.contains(&"clock-step-within"), "{flags:?}");
    assert_eq!(session.clock_correction, Span::seconds(843_046 + 66_543));
}
