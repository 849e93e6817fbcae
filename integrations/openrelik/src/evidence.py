"""The input files of a task, as winlast is to see them.

OpenRelik stores a file under its UUID. winlast gets it under its display name: the parts of a split image find each
other by their names, and the tables name the evidence as people know it.
"""

import os
import re
import shutil
import zipfile
import zlib
from collections import Counter
from pathlib import Path

# The longest name that every file system takes, less what is put before it.
LONGEST_NAME = 200


def safe_name(text):
    """The text as the name of a file: evidence may name a computer or a file as it likes."""
    return re.sub(r"[^\w. -]", "_", text, flags=re.ASCII).strip(". ")[-LONGEST_NAME:] or "unnamed"


def numbered(names):
    """The names, each once: a second `Security.evtx` becomes `Security.evtx (2)`."""
    unique, taken, repeated = [], set(), Counter()
    for name in names:
        candidate = name
        while candidate in taken:
            repeated[name] += 1
            candidate = f"{name} ({repeated[name] + 1})"
        taken.add(candidate)
        unique.append(candidate)
    return unique


def arguments(input_files, folder):
    """Puts the files into `folder` under their display names; returns the arguments that give them to winlast."""
    displayed = numbered([file.get("display_name") or os.path.basename(file["path"]) for file in input_files])
    paths, taken = [], Counter()
    for file, name in zip(input_files, (safe_name(name) for name in displayed)):
        taken[name] += 1
        # Two names may be made safe to one: each has a folder then.
        own = Path(folder) if taken[name] == 1 else Path(folder) / f"of the same name {taken[name]}"
        own.mkdir(exist_ok=True)
        _link(file["path"], own / name)
        paths.append(str(own / name))
    return named(paths, displayed)


def named(paths, names):
    """The arguments that give winlast these paths as evidence, to be written as `names` in all tables."""
    return [*(f"--name={name}" for name in names), *paths]


def _link(source, target):
    """A hard link, because winlast looks for the other parts of an image among files, not links; else a symbolic one."""
    try:
        os.link(os.path.realpath(source), target)
    except OSError:
        os.symlink(os.path.realpath(source), target)


def unpack_cases(input_files, folder):
    """Unpacks zips of cases, each into a folder of its own; `folder` is then evidence for winlast.

    Raises `ValueError` for a zip that is no case of winlast, is damaged or does not fit on the disk.
    """
    names = numbered([safe_name(Path(file.get("display_name") or file["path"]).stem) for file in input_files])
    for file, name in zip(input_files, names):
        try:
            with zipfile.ZipFile(file["path"]) as archive:
                _unpack(archive, Path(folder) / name, file.get("display_name"))
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
            raise ValueError(f"{file.get('display_name')} cannot be unpacked: {error}") from error


def _unpack(archive, folder, display_name):
    # The pages of single computers are for people: winlast reads a case without them.
    entries = [entry for entry in archive.infolist() if not re.fullmatch(r"report/[^/\\]+\.html", entry.filename)]
    if any(not re.fullmatch(r"[\w][\w.-]*", entry.filename, flags=re.ASCII) for entry in entries):
        raise ValueError(f"{display_name} is no zip of a case of winlast: it has folders or odd names")
    if sum(entry.file_size for entry in entries) > shutil.disk_usage(folder.parent).free:
        raise ValueError(f"{display_name} does not fit on the disk when it is unpacked")
    folder.mkdir()
    for entry in entries:
        with archive.open(entry) as packed, open(folder / entry.filename, "wb") as target:
            shutil.copyfileobj(packed, target, 1 << 20)


def pack_case(case, target):
    """Zips a case folder: the same bytes for the same case, whenever it is packed."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        # A case of many computers has their pages in a folder of its own.
        for path in sorted(path for path in Path(case).rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(case).as_posix())
            entry.compress_type = zipfile.ZIP_STORED if path.suffix == ".gz" else zipfile.ZIP_DEFLATED
            entry.file_size = path.stat().st_size
            with open(path, "rb") as source, archive.open(entry, "w") as packed:
                shutil.copyfileobj(source, packed, 1 << 20)
