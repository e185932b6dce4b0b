"""What must stay true of the project beyond its tests: who may use whom, how long a file may be, under which licences
others' code comes, that migrations only add, that the documentation's links lead somewhere. Prints what is wrong and
exits with 1."""

import json
import pathlib
import re
import subprocess
import sys

# Who may use whom; ARCHITECTURE.md draws it. `sandbox` shares no code with what it judges.
EDGES = {
    "auth": {"catalog", "expression"},
    "catalog": {"expression"},
    "composio": {"outbound"},
    "engine": {"auth", "catalog", "composio", "executor", "expression", "outbound", "store", "vault"},
    "executor": {"auth", "catalog", "expression", "outbound"},
    "expression": set(),
    "outbound": set(),
    "sandbox": set(),
    "server": {"catalog", "engine", "sandbox"},
    "store": {"catalog", "vault"},
    "throwaway-postgres": set(),
    "vault": set(),
}
LONGEST_FILE = 400
LICENCES = {
    "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0",
    "CDLA-Permissive-2.0", "ISC", "MIT", "MIT-0", "Unicode-3.0", "Unlicense", "Zlib",
}


def metadata(*more):
    command = ["cargo", "metadata", "--format-version=1", "--locked", *more]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def edges():
    packages = metadata("--no-deps")["packages"]
    names = {package["name"] for package in packages}
    for name in names ^ EDGES.keys():
        yield f"crate {name}: in the workspace or in the table of edges, but not in both"
    for package in packages:
        uses = {one["name"] for one in package["dependencies"] if one["kind"] != "dev"} & names
        for extra in uses - EDGES.get(package["name"], set()):
            yield f"crate {package['name']} uses {extra}, which the architecture does not allow"


def lengths():
    for file in sorted(pathlib.Path("crates").glob("*/src/**/*.rs")):
        lines = file.read_text().count("\n")
        if lines > LONGEST_FILE:
            yield f"{file}: {lines} lines; {LONGEST_FILE} at most"


def permissive(expression):
    """Whether one side of every OR, and every part of it, is allowed."""
    sides = re.split(r" OR |/", expression.replace("(", "").replace(")", ""))
    return any(all(part.strip() in LICENCES for part in side.split(" AND ")) for side in sides)


def licences():
    for package in metadata()["packages"]:
        if package["source"] and not permissive(package["license"] or ""):
            yield f"{package['name']}: licence {package['license']!r}"


# What takes something away from nodes that still run the version before, or may refuse what they write.
CONTRACTS = r"\b(DROP|RENAME|TRUNCATE|ALTER COLUMN|SET NOT NULL|ADD (CONSTRAINT|CHECK|UNIQUE|PRIMARY)|DELETE FROM)\b|^UPDATE\b"
ADDED = r"\bADD (COLUMN )?(IF NOT EXISTS )?(?P<column>[^,]*)"
# Numbers of migrations from before each was kept to one table.
SEVERAL_TABLES = 4


def contracts(text, number):
    """What of a migration does more than add."""
    statements = [" ".join(one.split()) for one in re.sub(r"--.*", "", text).split(";")]
    made = {name for one in statements for name in re.findall(r"^CREATE TABLE (\w+)", one, re.I)}
    altered = {name for one in statements for name in re.findall(r"^ALTER TABLE (?:ONLY |IF EXISTS )*(\w+)", one, re.I)} - made
    if len(altered) > 1 and number > SEVERAL_TABLES:
        yield f"alters {' and '.join(sorted(altered))}: two locks at once may meet a node that takes them the other way"
    for statement in statements:
        if found := re.search(CONTRACTS, statement, re.I):
            yield f"{found[0]} in: {statement}"
        for added in re.finditer(ADDED, statement, re.I):
            if re.search(r"\bNOT NULL\b", added["column"], re.I) and not re.search(r"\bDEFAULT\b", added["column"], re.I):
                yield f"NOT NULL without a DEFAULT in: {statement}"


def migrations():
    """Nodes of the version before go on while the first new one migrates; see CONTRIBUTING.md."""
    for file in sorted(pathlib.Path("crates/store/migrations").glob("*/*.sql")):
        text, number = file.read_text(), int(file.name[:4])
        if number > 1 and not re.search(r"^-- contract: \S", text, re.M):
            for what in contracts(text, number):
                yield f"{file}: {what}; say `-- contract: <reason>` once no version that needs it still runs"


def rows():
    """A statement that was prepared on `*` fails once a newer version has added a column."""
    for file in sorted(pathlib.Path("crates/store/src").glob("*.rs")):
        for line in re.findall(r".*(?:SELECT|RETURNING) \*.*", file.read_text()):
            yield f"{file}: name the columns, see `select!`: {line.strip()}"


def links():
    for page in [*pathlib.Path(".").glob("*.md"), *pathlib.Path("docs").glob("**/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            if not (page.parent / target).exists():
                yield f"{page}: {target} does not exist"


wrong = [line for check in (edges, lengths, licences, migrations, rows, links) for line in check()]
print("\n".join(wrong) or "guards: all hold")
sys.exit(bool(wrong))
