"""The input files as winlast sees them, and the zips of cases."""

import os
import zipfile

import pytest
from conftest import input_file

from src import evidence


def test_a_name_that_occurs_twice_gets_a_number():
    assert evidence.numbered(["a", "a", "a (2)", "a"]) == ["a", "a (2)", "a (2) (2)", "a (3)"]


def test_the_name_of_a_file_leads_nowhere_else():
    assert evidence.safe_name("../../etc/passwd") == "_.._etc_passwd"
    assert evidence.safe_name("..") == "unnamed"
    assert evidence.safe_name("DC01\n<b>.evtx") == "DC01__b_.evtx"


def test_files_get_their_display_names_and_parts_of_an_image_lie_side_by_side(tmp_path):
    files = []
    for at, name in enumerate(["disk.E01", "disk.E02", "C:\\Security.evtx", "C:/Security.evtx"]):
        stored = tmp_path / f"{at:032x}.bin"
        stored.write_text(name)
        files.append(input_file(stored, name))
    (tmp_path / "links").mkdir()
    arguments = evidence.arguments(files, tmp_path / "links")
    paths = [argument for argument in arguments if not argument.startswith("--")]
    names = [argument for argument in arguments if argument.startswith("--name=")]
    assert paths == [
        f"{tmp_path}/links/disk.E01",
        f"{tmp_path}/links/disk.E02",
        f"{tmp_path}/links/C__Security.evtx",
        f"{tmp_path}/links/of the same name 2/C__Security.evtx",
    ]
    assert names == ["--name=disk.E01", "--name=disk.E02", "--name=C:\\Security.evtx", "--name=C:/Security.evtx"]
    assert [open(path).read() for path in paths] == ["disk.E01", "disk.E02", "C:\\Security.evtx", "C:/Security.evtx"]


def test_a_case_is_packed_to_the_same_bytes_whenever_that_is(tmp_path):
    case = tmp_path / "case"
    case.mkdir()
    (case / "sessions.csv").write_text("a,b\n")
    (case / "events.jsonl.gz").write_bytes(b"\x1f\x8b")
    (case / "report").mkdir()
    (case / "report" / "WS 01.html").write_text("<p>")
    evidence.pack_case(case, tmp_path / "first.zip")
    os.utime(case / "sessions.csv", (1_000_000_000, 1_000_000_000))
    evidence.pack_case(case, tmp_path / "second.zip")
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()
    evidence.unpack_cases([input_file(tmp_path / "first.zip", "DC01.zip")], tmp_path)
    assert (tmp_path / "DC01" / "sessions.csv").read_text() == "a,b\n"
    # The pages are in the zip for whoever opens it; winlast does not need them.
    with zipfile.ZipFile(tmp_path / "first.zip") as archive:
        assert archive.namelist() == ["events.jsonl.gz", "report/WS 01.html", "sessions.csv"]
    assert not (tmp_path / "DC01" / "report").exists()


@pytest.mark.parametrize("name", ["../run.json", "/run.json", "folder/run.json", "report/run.json", "report/../a.html", ".hidden"])
def test_a_zip_that_is_no_case_is_refused(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "odd.zip", "w") as archive:
        archive.writestr(name, "x")
    with pytest.raises(ValueError, match="no zip of a case"):
        evidence.unpack_cases([input_file(tmp_path / "odd.zip", "odd.zip")], tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["odd.zip"]


def test_a_zip_that_would_fill_the_disk_is_refused(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "large.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("events.jsonl.gz", bytes(1 << 20))
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(evidence.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(ValueError, match="does not fit"):
        evidence.unpack_cases([input_file(tmp_path / "large.zip", "large.zip")], tmp_path)


@pytest.mark.parametrize("keep", [0, 10, 70, -1])
def test_a_damaged_zip_is_named(tmp_path, keep):
    path = tmp_path / "damaged.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("run.json", "x" * 1000)
    whole = path.read_bytes()
    # -1: of full length, with another byte in the data.
    path.write_bytes(whole[:keep] if keep >= 0 else whole[:40] + bytes([whole[40] ^ 255]) + whole[41:])
    with pytest.raises(ValueError, match="damaged.zip cannot be unpacked"):
        evidence.unpack_cases([input_file(path, "damaged.zip")], tmp_path)
