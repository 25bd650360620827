"""Execute and export notebooks: `python -m lenet.report notebooks/report.ipynb`."""

import argparse
import re
import sys
from pathlib import Path

from nbclient.exceptions import CellExecutionError, DeadKernelError

from lenet.report.build import build

ANSI = re.compile(r"\x1b\[[0-9;]*m")  # colours, which tracebacks from kernels carry


def main(arguments: list[str] | None = None) -> int:
    """Build each notebook given; return 1 as soon as one fails."""
    options = _parser().parse_args(arguments)
    for path in options.notebooks:
        try:
            products = build(
                path,
                options.reports,
                run=not options.export_only,
                export=not options.execute_only,
            )
        except (CellExecutionError, DeadKernelError, ValueError) as error:
            message = ANSI.sub("", str(error))
            print(
                f"{path}: not built, no file was changed\n\n{message}", file=sys.stderr
            )
            return 1
        for product in products:
            print(f"{product}  {product.stat().st_size:,} bytes")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lenet.report", description=__doc__)
    parser.add_argument("notebooks", type=Path, nargs="+", metavar="NOTEBOOK")
    parser.add_argument(
        "--reports", type=Path, default=Path("reports"), help="folder for the exports"
    )
    only = parser.add_mutually_exclusive_group()
    only.add_argument(
        "--execute-only", action="store_true", help="write the notebook, no exports"
    )
    only.add_argument(
        "--export-only", action="store_true", help="export the notebook as it is"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
