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
    show = _show_json if options.json else _show
    shown = [show(path, _read(model, path)) for path in options.pictures]
    return 0 if all(shown) else 1


def _read(model: LeNet5, path: str) -> list[dict] | str:
    """Return what each digit of a picture reads as, or why it cannot be read."""
    picture = BytesIO(sys.stdin.buffer.read()) if path == "-" else path
    try:
        prediction = predict(model, read_images(picture))
    except (OSError, ValueError) as error:
        return str(error).replace(repr(picture), "standard input")
    return [
        {
            "label": int(label),
            "probability": float(probs.max()),
            "probs": probs.tolist(),
        }
        for label, probs in zip(prediction.labels, prediction.probs, strict=True)
    ]


def _show(path: str, digits: list[dict] | str) -> bool:
    if isinstance(digits, str):
        print(digits, file=sys.stderr)
        return False
    for number, digit in enumerate(digits, 1):
        name = f"{path} [{number}]" if len(digits) > 1 else path
        print(f"{name}: {digit['label']} ({100 * digit['probability']:.1f} %)")
    return True


def _show_json(path: str, digits: list[dict] | str) -> bool:
    if isinstance(digits, str):
        print(json.dumps({"file": path, "error": digits}))
        return False
    for number, digit in enumerate(digits, 1):
        print(json.dumps({"file": path, "digit": number, **digit}))
    return True


if __name__ == "__main__":
    sys.exit(main())
