"""Read digits from picture files: `python -m lenet photo.png ...`."""

import argparse
import sys

from lenet.photo import read_image
from lenet.predict import load_weights, predict


def main(arguments: list[str] | None = None) -> int:
    """Print what each picture reads as; return 1 if one could not be read."""
    parser = argparse.ArgumentParser(prog="python -m lenet", description=__doc__)
    parser.add_argument("pictures", nargs="+", metavar="PICTURE")
    options = parser.parse_args(arguments)
    try:
        model = load_weights()
        for path in options.pictures:
            prediction = predict(model, read_image(path))
            print(f"{path}: {prediction.labels[0]} ({prediction.confidence[0]:.1%})")
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
