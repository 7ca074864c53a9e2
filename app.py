"""What a Space runs, and `python app.py`: build the page, launch it."""

import os

from genhub.ui.app import serve

if __name__ == "__main__":
    on_space = "SPACE_ID" in os.environ
    serve(host="0.0.0.0" if on_space else "127.0.0.1", port=int(os.environ.get("PORT", "7860")))  # noqa: S104
