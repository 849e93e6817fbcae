#!/usr/bin/env python3
"""What winlast is built from, by `cargo metadata` and Cargo.lock. It needs no network once the crates are fetched.

    dependencies.py licences          fails where a crate has a licence that is not allowed below
    dependencies.py sbom [TARGET]     CycloneDX 1.5 as JSON: all crates of a release for TARGET, or for any
    dependencies.py notices [TARGET]  the licence texts of what a release contains, for a package
    dependencies.py self-check        shows that a licence that is not allowed is found

The same sources give the same bytes."""

import hashlib, json, pathlib, re, subprocess, sys, tomllib, uuid

FEATURES = "parquet"
# Each lets a program be passed on in binary form under its own terms, with a notice.
ALLOWED = {
    "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0",
    "CC0-1.0", "MIT", "MIT-0", "Unicode-3.0", "Unlicense", "Zlib",
}
here = pathlib.Path(__file__).resolve().parent.parent


def is_allowed(expression):
    """Whether one choice of an SPDX expression consists of allowed licences only. `/` is an old `OR`."""
    words = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))

    def joined(part, word):
        results = [part()]
        while words[:1] == [word]:
            words.pop(0)
            results.append(part())
        return results

    def alternatives():
        return any(joined(together, "OR"))

    def together():
        return all(joined(one, "AND"))

    def one():
        name = words.pop(0)
        if name == "(":
            result = alternatives()
            return words.pop(0) == ")" and result
        if words[:1] == ["WITH"]:
            name = " ".join([name, words.pop(0), words.pop(0)])
        return name in ALLOWED

    try:
        return alternatives() and not words
    except IndexError:
        return False


def crates(target=None):
    """The crates that a release needs, winlast itself first: each with its role, its dependencies and its hash."""
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--features", FEATURES]
    command += ["--filter-platform", target] if target else []
    found = json.loads(subprocess.run(command, cwd=here, check=True, stdout=subprocess.PIPE).stdout)
    packages = {package["id"]: package for package in found["packages"]}
    nodes = {node["id"]: node for node in found["resolve"]["nodes"]}
    # With a folder of vendored crates, the packages of the lock file are the same.
    lock = tomllib.loads((here / "Cargo.lock").read_text(encoding="utf-8"))["package"]
    hashes = {(entry["name"], entry["version"]): entry.get("checksum") for entry in lock}
    root = found["resolve"]["root"]
    roles, pending = {}, [(root, "required")]
    while pending:
        name, role = pending.pop()
        is_macro = any("proc-macro" in target["kind"] for target in packages[name]["targets"])
        role = "excluded" if is_macro else role
        if roles.get(name) in (role, "required"):
            continue
        roles[name] = role
        for needed in nodes[name]["deps"]:
            kinds = {kind["kind"] for kind in needed["dep_kinds"]}
            if None in kinds:
                pending.append((needed["pkg"], role))
            elif "build" in kinds:
                pending.append((needed["pkg"], "excluded"))
    order = sorted(roles, key=lambda name: (name != root, packages[name]["name"], packages[name]["version"]))
    return [
        {
            **packages[name],
            "role": roles[name],
            "hash": hashes.get((packages[name]["name"], packages[name]["version"])),
            "needs": sorted(
                url(packages[needed["pkg"]]) for needed in nodes[name]["deps"] if needed["pkg"] in roles
            ),
        }
        for name in order
    ]


def url(package):
    return f"pkg:cargo/{package['name']}@{package['version']}"


def folder(package):
    return pathlib.Path(package["manifest_path"]).parent


def texts(package):
    """The files of a crate that hold its licence."""
    names = re.compile(r"(licen[cs]e|copying|unlicense|notice|copyright)", re.IGNORECASE)
    found = [path for path in folder(package).iterdir() if path.is_file() and names.match(path.name)]
    return sorted(path for path in found if path.suffix not in (".rs", ".html", ".toml"))


def check_licences():
    packages = crates()
    bad = [
        f"{package['name']} {package['version']}: {package['license'] or 'no licence named'}"
        for package in packages
        if not is_allowed(package["license"] or "")
    ]
    if bad:
        sys.exit("licences that are not allowed (scripts/dependencies.py):\n  " + "\n  ".join(bad))
    if len(packages) < 50:
        sys.exit(f"only {len(packages)} crates were found")
    without = [package["name"] for package in packages if not texts(package)]
    print(f"{len(packages)} crates, each with a licence that is allowed")
    print(f"without a file of its licence text: {', '.join(without) or 'none'}")


def sqlite(package):
    """SQLite itself, whose C code the crate libsqlite3-sys carries."""
    header = (folder(package) / "sqlite3/sqlite3.h").read_text(encoding="utf-8")
    version = re.search(r'#define SQLITE_VERSION +"([^"]+)"', header).group(1)
    return {
        "type": "library", "bom-ref": f"pkg:generic/sqlite@{version}", "name": "sqlite", "version": version,
        "scope": "required", "licenses": [{"license": {"id": "blessing"}}],
        "purl": f"pkg:generic/sqlite@{version}",
    }


def component(package):
    text = {
        "type": "library", "bom-ref": url(package), "name": package["name"], "version": package["version"],
        "scope": package["role"],
    }
    if package["hash"]:
        text["hashes"] = [{"alg": "SHA-256", "content": package["hash"]}]
    text["licenses"] = [{"expression": (package["license"] or "").replace("/", " OR ")}]
    text["purl"] = url(package)
    if package["repository"]:
        text["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return text


def sbom(target):
    root, *others = crates(target)
    components = [component(package) for package in others]
    needs = [{"ref": url(package), "dependsOn": package["needs"]} for package in [root, *others]]
    for package in others:
        if package["name"] == "libsqlite3-sys":
            carried = sqlite(package)
            components.append(carried)
            next(need for need in needs if need["ref"] == url(package))["dependsOn"].append(carried["bom-ref"])
            needs.append({"ref": carried["bom-ref"], "dependsOn": []})
    program = {**component(root), "type": "application"}
    del program["scope"]
    document = {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "metadata": {"component": program},
        "components": components, "dependencies": needs,
    }
    content = json.dumps(document, sort_keys=True).encode()
    document["serialNumber"] = uuid.UUID(hashlib.sha256(content).hexdigest()[:32], version=4).urn
    print(json.dumps(document, indent=2))


def notices(target):
    print("winlast contains the crates below, each under its own licence.")
    shown = set()
    for package in crates(target)[1:]:
        if package["role"] != "required":
            continue
        print(f"\n{'=' * 100}\n{package['name']} {package['version']}: {package['license']}")
        for path in texts(package):
            text = path.read_text(encoding="utf-8", errors="replace").strip()
            digest = hashlib.sha256(text.encode()).digest()
            print(f"\n--- {path.name}{' (the same text as above)' if digest in shown else ''}\n")
            if digest not in shown:
                print(text)
            shown.add(digest)


def self_check():
    good = ["MIT", "MIT/GPL-3.0", "GPL-2.0 OR (MIT AND Zlib)", "Apache-2.0 WITH LLVM-exception"]
    bad = ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT", "MIT Zlib", "MIT OR", "Apache-2.0 WITH X", "MIT WITH"]
    wrong = [text for text in good if not is_allowed(text)] + [text for text in bad if is_allowed(text)]
    if wrong:
        sys.exit(f"judged wrongly: {wrong}")


def main():
    match sys.argv[1:]:
        case ["licences"]:
            self_check()
            check_licences()
        case ["sbom", *target] if len(target) < 2:
            sbom(*target or [None])
        case ["notices", *target] if len(target) < 2:
            notices(*target or [None])
        case ["self-check"]:
            self_check()
        case _:
            sys.exit(__doc__)


main()
