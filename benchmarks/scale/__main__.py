"""What the paper's full study takes on 1, 8 and 64 GPUs, worked out from `rates.py`; nothing is run.

python -m benchmarks.scale            # the tables of docs/scale.md
python -m benchmarks.scale --write    # the same, into the page
"""

import argparse

from benchmarks.scale.page import PAGE, TABLES, with_tables


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/scale.md")
    if parser.parse_args().write:
        PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    for name, table in TABLES.items():
        print(f"{name}\n\n{table()}")
