"""What a Space runs, and `python app.py`: build the page, launch it. Where the secret GENHUB_AUTH is set, people sign in."""

import os
import sys

from genhub import settings
from genhub.errors import UserError
from genhub.ui.app import Opening, serve

if __name__ == "__main__":
    on_space = "SPACE_ID" in os.environ
    try:
        accounts = settings.accounts() if os.environ.get("GENHUB_AUTH") else []
        serve(Opening("0.0.0.0" if on_space else "127.0.0.1", int(os.environ.get("PORT", "7860")), accounts=tuple(accounts)))  # noqa: S104
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
