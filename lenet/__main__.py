"""Read digits from picture files: `python -m lenet photo.png ...`."""

import argparse
import json
import sys
from io import BytesIO

from lenet.model import LeNet5
from lenet.photo import read_images
from lenet.predict import BEST, load_weights, predict


def main(arguments: list[str] | None = None) -> int:
    """Print a line for each digit; return 1 if a picture could not be read."""
    parser = argparse.ArgumentParser(prog="python -m lenet", description=__doc__)
    parser.add_argument(
        "pictures", nargs="+", metavar="PICTURE", help="a file, or - for standard input"
    )
    parser.add_argument(
        "--weights", default=BEST, metavar="FILE", help="a .safetensors or .pth file"
    )
    parser.add_argument("--json", action="store_true", help="print an object a line")
    options = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):  # names that the terminal cannot show
        stream.reconfigure(errors="backslashreplace")
    try:
        model = load_weights(options.weights)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    shown = [_show(_read(model, each), options.json) for each in options.pictures]
    return 0 if all(shown) else 1


def _read(model: LeNet5, path: str) -> list[dict]:
    """Return an object for each digit of a picture, or one with what went wrong."""
    picture = BytesIO(sys.stdin.buffer.read()) if path == "-" else path
    try:
        read = predict(model, read_images(picture))
    except (OSError, ValueError) as error:
        message = str(error).replace(repr(picture), "standard input")
        return [{"file": path, "error": message}]
    digits = zip(read.labels.tolist(), read.probs.tolist(), strict=True)
    return [
        {
            "file": path,
            "digit": number,
            "label": label,
            "probability": probs[label],
            "probs": probs,
        }
        for number, (label, probs) in enumerate(digits, 1)
    ]


def _show(found: list[dict], as_json: bool) -> bool:
    """Print what was found in a picture; return whether it could be read."""
    for each in found:
        if as_json:
            print(json.dumps(each))
        elif "error" in each:
            print(each["error"], file=sys.stderr)
        else:
            number = f" [{each['digit']}]" if len(found) > 1 else ""
            share = f"{100 * each['probability']:.1f} %"
            print(f"{each['file']}{number}: {each['label']} ({share})")
    return "error" not in found[0]


if __name__ == "__main__":
    sys.exit(main())
