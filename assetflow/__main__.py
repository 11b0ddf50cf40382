"""``python -m assetflow``: the same as the command ``assetflow``."""

from assetflow.cli.main import run

if __name__ == "__main__":
    run()
