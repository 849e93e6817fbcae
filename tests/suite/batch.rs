//! Many sources: one case folder for each, a batch that was interrupted, and bounded memory.

use crate::common::{project, scratch, skipped, winlast};
use crate::images::images;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Files of a case folder, without run.json.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .filter(|entry| entry.path().is_file() && entry.file_name() != "run.json")
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect()
}

/// The folder of a sample.
fn place(host: &str) -> String {
    match host {
        "sample-evtx-damaged" => text(&project(host)),
        _ => text(&project("sample-evtx").join(host)),
    }
}

#[test]
fn each_source_has_its_case_and_a_broken_off_batch_goes_on() {
    let folder = scratch("per-source");
    let case = folder.join("all");
    let hosts = ["ws01", "dc01", "sample-evtx-damaged"];
    let mut sources: Vec<String> = hosts.iter().map(|host| place(host)).collect();
    sources.push(text(&folder.join("missing.E01")));
    let run = |more: &[&str]| {
        let mut arguments = sources.clone();
        arguments.extend(["-o".into(), text(&case), "--per-source".into()]);
        arguments.extend(more.iter().map(|argument| (*argument).to_owned()));
        winlast(&arguments)
    };

    let first = run(&[]);
    assert_eq!(first.status.code(), Some(3), "{}", stderr(&first));
    assert!(stderr(&first).contains("missing.E01"), "{}", stderr(&first));
    for host in hosts {
        let alone = folder.join(format!("alone-{host}"));
        winlast(&[place(host), "-o".into(), text(&alone)]);
        assert!(files(&alone) == files(&case.join(host)), "{host}");
    }
    assert!(!case.join("missing.E01").exists());
    let list = fs::read_to_string(case.join("sources.csv")).unwrap();
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_reader(list.as_bytes()).records().map(|row| row.unwrap()).collect();
    let cells: Vec<(&str, &str)> = rows.iter().map(|row| (&row[1], &row[2])).collect();
    assert_eq!(
        cells,
        [("ws01", "0"), ("dc01", "0"), ("sample-evtx-damaged", "3"), ("missing.E01", "1")]
    );
    let sessions = fs::read_to_string(case.join("ws01/sessions.csv")).unwrap().lines().count() - 1;
    assert_eq!(rows[0][3], sessions.to_string());

    // As if the run had been interrupted while it wrote dc01.
    fs::remove_file(case.join("dc01/run.json")).unwrap();
    fs::write(case.join("sample-evtx-damaged/boots.csv"), "cut").unwrap();
    let kept = fs::read(case.join("ws01/run.json")).unwrap();
    let second = run(&[]);
    let said = stderr(&second);
    assert_eq!(second.status.code(), Some(3), "{said}");
    assert_eq!(said.matches("already complete, skipped").count(), 1, "{said}");
    assert!(case.join("dc01/run.json").is_file());
    assert_eq!(fs::read(case.join("ws01/run.json")).unwrap(), kept);
    assert_eq!(fs::read_to_string(case.join("sources.csv")).unwrap(), list);

    // Another result does not replace it without --force.
    let other = run(&["--hash"]);
    assert_eq!(other.status.code(), Some(1), "{}", stderr(&other));
    assert!(stderr(&other).contains("--force"), "{}", stderr(&other));
    assert_eq!(fs::read(case.join("ws01/run.json")).unwrap(), kept);
    let forced = run(&["--hash", "--force"]);
    assert_eq!(forced.status.code(), Some(3), "{}", stderr(&forced));
    assert!(!stderr(&forced).contains("skipped"));
    assert_ne!(fs::read(case.join("ws01/run.json")).unwrap(), kept);
}

/// A folder with other files is not changed.
#[test]
fn a_batch_leaves_a_folder_with_other_files_alone() {
    let others = scratch("per-source-others").join("others");
    fs::create_dir(&others).unwrap();
    fs::write(others.join("notes.txt"), "mine").unwrap();
    let refused = winlast(&[place("ws01"), "-o".into(), text(&others), "--per-source".into()]);
    assert_eq!(refused.status.code(), Some(1), "{}", stderr(&refused));
    assert_eq!(fs::read_dir(&others).unwrap().count(), 1);
}

#[test]
fn images_archives_and_logs_give_the_same_bytes_in_any_order() {
    let Some(made) = images() else { return };
    let folder = scratch("mixed-order");
    let mut evidence =
        ["disk.raw", "zips/kape.zip", "shadow.raw", "logs"].map(|name| text(&made.join(name)));
    let cases = ["1", "2"].map(|threads| {
        let case = folder.join(threads);
        evidence.reverse();
        let mut arguments = evidence.to_vec();
        arguments.extend(["--hash".into(), "--threads".into(), threads.into()]);
        arguments.extend(["-o".into(), text(&case)]);
        let output = winlast(&arguments);
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        files(&case)
    });
    assert!(cases[0] == cases[1]);
    let logs = csv::Reader::from_reader(&cases[0]["logs.csv"][..])
        .records()
        .map(|row| row.unwrap()[0].to_owned())
        .collect::<Vec<_>>();
    assert!(logs.is_sorted() && logs.len() == 32, "{logs:?}");
}

/// Files with their final names are complete, and there are no other files, whether a run was
/// interrupted or not.
#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_no_half_a_file() {
    use std::os::unix::process::ExitStatusExt;
    let folder = scratch("interrupted");
    let case = folder.join("case");
    let mut interrupted = 0;
    for pause in 0..40_u64 {
        let _ = fs::remove_dir_all(&case);
        let mut run = Command::new(env!("CARGO_BIN_EXE_winlast"))
            .arg(project("sample-evtx"))
            .args(["-q", "-o"])
            .arg(&case)
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(pause));
        let pid = run.id().to_string();
        let (signal, number) = [("-INT", 2), ("-TERM", 15), ("-HUP", 1)][pause as usize % 3];
        Command::new("kill").args([signal, &pid]).status().unwrap();
        let status = run.wait().unwrap();
        let names: Vec<String> =
            if case.is_dir() { files(&case).into_keys().collect() } else { Vec::new() };
        let done = case.join("run.json").is_file();
        interrupted += usize::from(!done);
        // The signal itself ends the program if it had not yet installed its handler.
        let by_signal = status.code() == Some(128 + number) || status.signal() == Some(number);
        assert!(status.code() == Some(0) || by_signal, "{status}");
        assert!(names.iter().all(|name| !name.starts_with('.')), "{names:?}");
        // All of a case is there, or no folder.
        assert_eq!((names.len() == 8, case.exists()), (done, done), "{names:?}");
    }
    eprintln!("{interrupted} of 40 runs were interrupted before they were done");
}

/// This many images, and as many archives with one image each. Each has a name of its own.
fn sources(folder: &Path, image: &Path, archive: &Path, count: usize) -> Vec<PathBuf> {
    let link = |number: usize| {
        let [to_image, to_archive] =
            ["raw", "zip"].map(|ending| folder.join(format!("{count}-{number}.{ending}")));
        fs::hard_link(image, &to_image).unwrap();
        fs::hard_link(archive, &to_archive).unwrap();
        [to_image, to_archive]
    };
    (0..count).flat_map(link).collect()
}

/// Runs the program with a limit on open files. Returns its exit code and its peak memory in KiB.
fn measured(files: u32, arguments: &[String]) -> (i32, u64) {
    const SCRIPT: &str = "import resource as r, subprocess as s, sys
files = int(sys.argv[1])
r.setrlimit(r.RLIMIT_NOFILE, (files, files))
code = s.call(sys.argv[2:], stdout=s.DEVNULL, stderr=s.DEVNULL)
print(code, r.getrusage(r.RUSAGE_CHILDREN).ru_maxrss)";
    let mut command = Command::new("python3");
    command.args(["-c", SCRIPT, &files.to_string(), env!("CARGO_BIN_EXE_winlast")]).args(arguments);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let (code, peak) = said.trim().split_once(' ').unwrap_or_else(|| panic!("{}", stderr(&output)));
    (code.parse().unwrap(), peak.parse().unwrap())
}

/// Many folders with many logs: more files than the process may open at a time.
#[cfg(unix)]
#[test]
fn open_files_do_not_grow_with_the_number_of_sources() {
    if Command::new("python3").arg("--version").output().is_err() {
        return skipped("needs python3");
    }
    let folder = scratch("many-logs");
    let log = folder.join("Security.evtx");
    fs::copy(project("sample-evtx/dc01/Security.evtx"), &log).unwrap();
    let mut arguments: Vec<String> = (0..8)
        .map(|host| {
            let host = folder.join(format!("host{host}"));
            fs::create_dir(&host).unwrap();
            (0..100).for_each(|n| fs::hard_link(&log, host.join(format!("{n}.evtx"))).unwrap());
            text(&host)
        })
        .collect();
    arguments.extend(["-q", "--per-source", "--threads", "4", "-o"].map(str::to_owned));
    arguments.push(text(&folder.join("case")));
    assert_eq!(measured(190, &arguments).0, 0);
    let list = fs::read_to_string(folder.join("case/sources.csv")).unwrap();
    assert_eq!(list.matches(",0,12,0,").count(), 8, "{list}");
}

#[test]
fn memory_does_not_grow_with_the_number_of_images() {
    let Some(made) = images() else { return };
    let folder = scratch("many-sources");
    let (image, archive) = (made.join("disk.raw"), folder.join("packed.zip"));
    let zip = Command::new("zip").arg("-q1j").arg(&archive).arg(&image).output().unwrap();
    assert!(zip.status.success(), "{}", stderr(&zip));
    for how in [&[][..], &["--per-source"]] {
        let peaks = [2, 10].map(|count| {
            let here = folder.join(format!("{}-{count}", how.len()));
            fs::create_dir(&here).unwrap();
            let evidence = sources(&here, &image, &archive, count);
            let mut arguments: Vec<String> = evidence.iter().map(|path| text(path)).collect();
            arguments.extend(how.iter().map(|argument| (*argument).to_owned()));
            arguments.extend(["--threads".into(), "2".into()]);
            arguments.extend(["-o".into(), text(&here.join("case"))]);
            let (code, peak) = measured(32, &arguments);
            assert!(matches!(code, 0 | 3), "{code}");
            let _ = fs::remove_dir_all(&here);
            peak
        });
        let [few, many] = peaks;
        eprintln!("{how:?}: {few} KiB with 4 sources, {many} KiB with 20");
        // One archive takes more than 16 MiB unpacked. Two threads have at most two archives open,
        // often only one. If all archives stayed open, there would be eight more.
        assert!(many < few + (48 << 10), "{how:?}: {few} KiB with 4 sources, {many} KiB with 20");
    }
}
