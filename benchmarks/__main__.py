"""Runs the benchmarks: `python -m benchmarks [register] [import] [pack] [system_packs] [memory] [dry_audit] [calendar] [trail] [rebuild] [schedules]`; without a name, all of them."""

import sys

from benchmarks import (
    calendar,
    dry_audit,
    imports,
    memory,
    packs,
    rebuild,
    register,
    schedules,
    system_packs,
    trail,
)

BENCHMARKS = {
    "register": register.run,
    "import": imports.run,
    "pack": packs.run,
    "system_packs": system_packs.run,
    "memory": memory.run,
    "dry_audit": dry_audit.run,
    "calendar": calendar.run,
    "trail": trail.run,
    "rebuild": rebuild.run,
    "schedules": schedules.run,
}


def main() -> int:
    """Run what the arguments name; 2 for an unknown name."""
    names = sys.argv[1:] or list(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        print(
            f"There is no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}.", file=sys.stderr
        )
        return 2
    for name in names:
        print(f"\n{name}")
        BENCHMARKS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
