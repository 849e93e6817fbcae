#!/usr/bin/env python3
"""Measures on real logs how often the rules of the builder hold, by another program's reading.

    measure_rules.py FOLDER...

evtxexport (libevtx, Debian's libevtx-utils) reads all `.evtx` files below the folders, each file once
by its content. Logs in one folder are of one host. Each line says what a rule rests on, how many
records were found for it, and how many against it, with the first of these. `docs/validation.md` has
the figures that this program prints.
"""

import hashlib
import ipaddress
import os
import re
import struct
import subprocess
import sys
from collections import defaultdict
from datetime import datetime

EVENT = re.compile(r"<Event .*?</Event>", re.S)
AUDIT, KERNEL, LOG = "Microsoft-Windows-Security-Auditing", "Microsoft-Windows-Kernel-General", "EventLog"
SESSIONS = "Microsoft-Windows-TerminalServices-LocalSessionManager"
QUARTER = 900


class Record:
    """One record: what the XML of evtxexport says."""

    def __init__(self, xml):
        self.xml = xml
        self.id = int(re.search(r"<EventID[^>]*>(\d+)", xml).group(1))
        self.number = int(re.search(r"<EventRecordID>(\d+)", xml).group(1))
        provider = re.search(r'<Provider Name="([^"]*)"', xml)
        self.provider = provider.group(1) if provider else ""
        moment = re.search(r'SystemTime="([^"]*)"', xml).group(1)
        self.time = datetime.fromisoformat(moment[:26].rstrip("Z") + "+00:00").timestamp()
        process = re.search(r'<Execution ProcessID="(\d+)"', xml)
        self.process = int(process.group(1)) if process else None

    def field(self, name):
        for pattern in (rf'Name="{name}">([^<]*)<', rf"<{name}>([^<]*)<"):
            found = re.search(pattern, self.xml)
            if found:
                return found.group(1).strip()
        return ""

    def values(self):
        return re.findall(r"<Data[^>]*>([^<]*)<", self.xml)

    def number_of(self, name):
        try:
            return int(self.field(name), 0)
        except ValueError:
            return 0


class Rule:
    """What was found for a rule and against it."""

    def __init__(self):
        self.held, self.broken = 0, []

    def add(self, holds, what):
        self.held += holds
        if not holds:
            self.broken.append(what)


RULES = defaultdict(Rule)


def read(path):
    run = subprocess.run(["evtxexport", "-f", "xml", path], capture_output=True, check=False)
    records = {}
    for found in EVENT.finditer(run.stdout.decode("utf-8", "replace")):
        try:
            record = Record(found.group(0))
        except (AttributeError, ValueError):
            continue
        records.setdefault(record.number, record)
    return [records[number] for number in sorted(records)]


def boots_of_security(records):
    """The records of each boot that a 4608 begins."""
    boots = []
    for record in records:
        if record.provider == AUDIT and record.id == 4608:
            boots.append([])
        if boots:
            boots[-1].append(record)
    return boots


def security(where, records):
    for boot in boots_of_security(records):
        at = f"{where} #{boot[0].number}"
        logons = [r for r in boot if r.provider == AUDIT and r.id == 4624]
        ids = {4608, 4624, 4634, 4647, 4625}
        pids = {r.process for r in boot if r.provider == AUDIT and r.id in ids and r.process}
        RULES["one process ID of LSASS in a boot that a 4608 begins"].add(len(pids) == 1, f"{at}: {pids}")
        drivers = sum(r.field("TargetUserSid") == "S-1-5-96-0-0" for r in logons)
        if any(r.field("TargetUserSid").startswith("S-1-5-96-") for r in logons):
            RULES["the font driver of session 0 logs on once in a boot"].add(drivers == 1, f"{at}: {drivers}")
        room(at, boot[0], logons)
        first = boot[1].field("LogonType") if len(boot) > 1 else ""
        RULES["the record behind a 4608 is the type 0 logon"].add(first == "0", f"{at}: {first}")
        for table in [r for r in boot if r.provider == AUDIT and r.id == 4902]:
            lag = table.time - boot[0].time
            RULES["a 4902 follows its 4608 within 20 s"].add(0 <= lag <= 20, f"{at}: {lag:.1f} s")
        highest, seen = 0, set()
        for logon in logons:
            sid, own = logon.field("TargetUserSid"), logon.number_of("TargetLogonId")
            if own < 0x3E9 or sid.startswith(("S-1-5-90-", "S-1-5-96-")):
                continue
            RULES["a Logon ID is given once in a boot"].add(own not in seen, f"{at}: {own:#x}")
            RULES["a Logon ID lies at most 4,096 below an earlier one of its boot"].add(
                highest - own <= 4096, f"{at}: {own:#x} after {highest:#x}"
            )
            seen.add(own)
            highest = max(highest, own)
        stops = [r for r in boot if r.id == 1100]
        for record in boot:
            if stops and record.provider == AUDIT and record.id in (4634, 4647) and record.number > stops[-1].number:
                late = abs(record.time - stops[-1].time)
                RULES["a logoff behind an 1100 is of its boot, within 60 s"].add(late <= 60, f"{at}: {late:.0f} s")


def room(at, start, logons):
    """The record ID of the first logon of an account that Windows does not bring along."""
    own = [r for r in logons if r.field("TargetUserSid").startswith(("S-1-5-21-", "S-1-12-"))]
    if own:
        distance = own[0].number - start.number
        RULES["the first logon of an account is at least 14 record IDs above the 4608"].add(
            distance >= 14, f"{at}: {distance}"
        )


def system(where, records):
    own = [r for r in records if r.provider in (KERNEL, LOG, "Microsoft-Windows-Kernel-Power", "User32", "USER32")]
    kernels = [r for r in own if r.provider == KERNEL and r.id == 12]
    services = [r for r in own if r.provider == LOG and r.id == 6005]
    for record in own:
        at = f"{where} #{record.number}"
        if record.provider == KERNEL and record.id == 13:
            before = [r for r in services if r.number < record.number]
            after = [r for r in kernels if r.number > record.number]
            holds = bool(before and after) and record.time < after[0].time + 1
            RULES["Kernel-General 13 stands behind the next 6005, before the next Kernel-General 12"].add(holds, at)
        if record.provider == LOG and record.id == 6013:
            uptime(at, record, services, kernels)
        if record.provider == LOG and record.id == 6008:
            sign_of_life(at, record, kernels)
        if record.id == 1074 and record.provider.lower() == "user32":
            echo(at, record, own)


def uptime(at, record, services, kernels):
    """A 6013 right behind a 6005: its time less the uptime is the start of the kernel."""
    if not any(0 < record.number - service.number <= 3 for service in services):
        return
    seconds = [int(value) for value in record.values() if value.isdigit()]
    near = [kernel for kernel in kernels if -8 <= kernel.number - record.number < 60]
    if not seconds or not near:
        return
    distance = min((record.time - seconds[0] - kernel.time for kernel in near), key=abs)
    beyond = min(abs(distance) % QUARTER, QUARTER - abs(distance) % QUARTER)
    exact = RULES["the uptime of the first 6013 is that of the kernel, to 5 s"]
    exact.add(abs(distance) <= 5, f"{at}: {distance:.0f} s")
    RULES["the same, or whole quarters of an hour apart"].add(beyond <= 5, f"{at}: {distance:.0f} s")


def sign_of_life(at, record, kernels):
    """The time in a 6008 less its uptime is the start of the kernel that ran before."""
    binary = re.search(r"<Binary>([0-9A-Fa-f]+)<", record.xml)
    values = [value for value in record.values() if value.isdigit()]
    before = [kernel for kernel in kernels if kernel.number < record.number]
    if not binary or not values or len(before) < 2:
        return
    year, month, _, day, hour, minute, second, _ = struct.unpack_from("<8H", bytes.fromhex(binary.group(1)), 16)
    alive = datetime.fromisoformat(f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+00:00")
    start = alive.timestamp() - int(values[-1])
    distance = min((start - kernel.time for kernel in before), key=abs)
    RULES["a 6008 leads to the start of a kernel before it, to 5 s"].add(abs(distance) <= 5, f"{at}: {distance:.0f} s")


def echo(at, record, own):
    """Winlogon's 1074 with the code 0x500ff right behind another is no request of its own."""
    values = record.values()
    if not values or "winlogon" not in values[0].lower() or not any(v.lower() == "0x500ff" for v in values):
        return
    asked = [
        r for r in own
        if r.id == 1074 and r.number < record.number and 0 <= record.time - r.time <= 5 and r is not record
    ]
    if asked:
        user = values[-1]
        RULES["Winlogon's echo of a 1074 names SYSTEM"].add("SYST" in user.upper(), f"{at}: {user}")


def is_address(text):
    try:
        ipaddress.ip_address(text.split("%")[0].strip("[]"))
        return True
    except ValueError:
        return False


def session_manager(where, records):
    known = defaultdict(list)
    for record in (r for r in records if r.provider == SESSIONS):
        number = record.field("SessionID") or record.field("Session")
        address = record.field("Address")
        if record.id in (21, 24, 25) and address:
            key = "an address of the Local Session Manager is an IP address or LOCAL in some language"
            RULES[key].add(is_address(address) or not any(c in address for c in ".:"), f"{where}: {address}")
        if record.id == 41 and any(e in (41, 21) for e in known[number]):
            last = len(known[number]) - 1 - known[number][::-1].index(41) if 41 in known[number] else 0
            desktop = 21 in known[number][last:]
            ended = 23 in known[number][last:]
            RULES["a number is reserved (41) again only behind its logoff, or without a desktop"].add(
                ended or not desktop, f"{where} #{record.number}"
            )
        known[number].append(record.id)
    numbers(where, [r for r in records if r.provider == SESSIONS])


def numbers(where, records):
    """A session by its number: its logon, and what follows it up to the next logon of that number."""
    reserved, logged_on = {}, {}
    for record in records:
        number, user = record.field("SessionID") or record.field("Session"), record.field("User")
        at = f"{where} #{record.number}"
        if record.id == 41:
            reserved[number] = record
        elif record.id == 21:
            if number in reserved:
                after = record.time - reserved[number].time
                RULES["a 21 follows the 41 of its number within 60 s"].add(0 <= after <= 60, f"{at}: {after:.0f} s")
            open_before = number in logged_on and 23 not in logged_on[number][1]
            RULES["a number is given again (21) only behind the logoff (23) of its session"].add(not open_before, at)
            logged_on[number] = (user, [])
        elif record.id in (23, 24, 25):
            known = logged_on.get(number)
            RULES["a 23, 24 or 25 names the user of the 21 of its number before it"].add(
                known is not None and known[0] == user, f"{at}: {user}"
            )
            if known:
                known[1].append(record.id)


def starts_of_the_service(where, records):
    """What a 6005 has before and behind it: a start of the kernel, or an uptime of seconds."""
    own = [r for r in records if r.provider in (LOG, KERNEL)]
    by_number = {r.number: r for r in records}
    for version in (r for r in own if r.provider == LOG and r.id == 6009):
        behind = by_number.get(version.number + 1)
        if behind:
            holds = behind.provider == LOG and behind.id == 6005
            RULES["the record behind a 6009 is its 6005"].add(holds, f"{where} #{version.number}: {behind.id}")
    for service in (r for r in own if r.provider == LOG and r.id == 6005):
        at = f"{where} #{service.number}"
        near = [r for r in own if abs(r.number - service.number) <= 60]
        kernel = any(r.provider == KERNEL and r.id == 12 for r in near)
        RULES["a 6005 has a Kernel-General 12 near it: no start of the service alone"].add(kernel, at)
        first = [r for r in near if r.provider == LOG and r.id == 6013 and 0 < r.number - service.number <= 3]
        seconds = [int(v) for r in first[:1] for v in r.values() if v.isdigit()]
        if seconds:
            RULES["the first 6013 behind a 6005 gives at most 300 s"].add(seconds[0] <= 300, f"{at}: {seconds[0]} s")


def clock(where, records):
    """Kernel-General 1 without a reason (version 0), written by the kernel: a resume, or a step."""
    for record in records:
        if record.provider != KERNEL or record.id != 1 or record.field("Reason") or record.process != 4:
            continue
        old, new = record.field("OldTime"), record.field("NewTime")
        try:
            by = datetime.fromisoformat(new[:19]) - datetime.fromisoformat(old[:19])
        except ValueError:
            continue
        if abs(by.total_seconds()) > 1:
            RULES["a change of the clock by process 4 without a reason is forward"].add(
                by.total_seconds() > 0, f"{where} #{record.number}: {by}"
            )


def host(folder, logs):
    channels = {name: records for name, records in logs}
    winlogon = [
        r for records in channels.values() for r in records
        if r.provider == "Microsoft-Windows-Winlogon" and r.id in (7001, 7002)
    ]
    audits = [r for records in channels.values() for r in records if r.provider == AUDIT]
    if not winlogon or not audits:
        return
    one_desktop_each(folder, winlogon, audits)
    first, last = min(r.time for r in winlogon), max(r.time for r in winlogon)
    for record in audits:
        if record.id != 4647 or not first <= record.time <= last:
            continue
        sid = record.field("TargetUserSid")
        near = [r for r in winlogon if r.id == 7002 and sid in r.xml and -1 <= r.time - record.time <= 20]
        RULES["a 4647 has its 7002 within 20 s"].add(bool(near), f"{folder} #{record.number}")


def one_desktop_each(folder, winlogon, audits):
    """A 7001 near a logon of a desktop is near one only."""
    desktops = [
        r for r in audits
        if r.id == 4624 and r.field("LogonType") in ("2", "10", "11") and r.field("LogonProcessName") == "User32"
    ]
    for notice in (r for r in winlogon if r.id == 7001):
        near = [d for d in desktops if d.field("TargetUserSid") in notice.xml and -1 <= notice.time - d.time <= 60]
        moments = {round(d.time, 1) for d in near}
        if moments:
            name = "a 7001 within 60 s of the 4624 of a desktop of its account is near one only"
            RULES[name].add(len(moments) == 1, f"{folder} #{notice.number}: {len(moments)}")


def main():
    seen, hosts, count = set(), defaultdict(list), 0
    for top in sys.argv[1:]:
        for folder, _, names in sorted(os.walk(top)):
            for name in sorted(names):
                path = os.path.join(folder, name)
                if not name.lower().endswith(".evtx"):
                    continue
                with open(path, "rb") as file:
                    digest = hashlib.sha256(file.read()).digest()
                if digest in seen:
                    continue
                seen.add(digest)
                records = read(path)
                count += len(records)
                where = os.path.relpath(path, top)
                security(where, records)
                system(where, records)
                session_manager(where, records)
                starts_of_the_service(where, records)
                clock(where, records)
                hosts[folder].append((name, records))
    for folder, logs in hosts.items():
        host(os.path.basename(folder), logs)
    print(f"{len(seen)} logs, {count} records")
    for name in sorted(RULES):
        rule = RULES[name]
        print(f"{rule.held} of {rule.held + len(rule.broken)}: {name}")
        for what in rule.broken[:5]:
            print(f"    not so: {what}")


if __name__ == "__main__":
    main()
