"""`aims import` of a generated inventory of 3,611 rows, again without changes, beside reading and mapping the file alone."""

import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from governance.core import tables
from governance.systems.mapped_rows import apply
from governance.systems.mapping_files import load_mapping

ROWS = 3_611


def run() -> None:
    """Measure the whole command, from its start to its end. AIMS_INVENTORY names a real file instead."""
    with tempfile.TemporaryDirectory() as folder:
        given = os.environ.get("AIMS_INVENTORY")
        file = Path(given) if given else _generated(Path(folder))
        floor = _alone(file)
        print(f"  reading and mapping alone      {floor:6.1f} s")
        environment = {**os.environ, "AIMS_DATA": folder}
        aims = [sys.executable, "-m", "governance"]
        subprocess.run([*aims, "user", "add", "o@example.org", "--name", "O", "--role", "compliance_officer"], env=environment, check=True, stdout=subprocess.DEVNULL)  # fmt: skip
        for words in ("first import", "second, nothing changed"):
            start = time.perf_counter()
            subprocess.run(
                [*aims, "import", str(file), "--mapping", "omb-2025"],
                env=environment,
                check=True,
                stdout=subprocess.DEVNULL,
            )
            seconds = time.perf_counter() - start
            print(
                f"  {words:28} {seconds:6.1f} s   {ROWS / seconds:6.0f} rows/s   {seconds / floor:5.1f} × floor"
            )


def _alone(file: Path) -> float:
    mapping = load_mapping("omb-2025")
    start = time.perf_counter()
    rows = list(apply(mapping, tables.read(file.read_bytes(), mapping.source.layout(), name=file.name)))
    assert rows
    return time.perf_counter() - start


def _generated(folder: Path) -> Path:
    columns = (
        "agency", "agency_name", "id", "use_case_name", "agency_bureau", "development_stage", "is_high_impact", "problem_solved",
        "benefits", "system_outputs", "vendor_name", "hi_independent_review", "hi_ongoing_monitoring",
    )  # fmt: skip
    path = folder / "inventory.csv"
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for number in range(ROWS):
            text = (
                f"Purpose of system {number}: "
                + "sort, rank and summarise incoming documents for a person to decide. " * 6
            )
            row = (
                f"A{number % 40}", f"Agency {number % 40}", number, f"System {number}", f"Unit {number % 300}", "Deployed", "High-impact",
                text, text, "Text", f"Vendor {number % 200}", "CAIO Review", "Yes - Monitoring Established",
            )  # fmt: skip
            writer.writerow(row)
    return path
