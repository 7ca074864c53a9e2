"""What a page says that strangers can reach: to them, in a banner, and to its owner, in the terminal."""

from genhub import settings as settings_module
from genhub.settings import ADAPTERS, MODELS, PUBLISHING, Settings
from genhub.ui import markup

LENT = (
    "Trainings and long tables run on a GPU of ZeroGPU, a minute at a time. Its seconds are of your own daily quota there, which is larger when "
    "you are signed in to Hugging Face; once it is used up, a training stops and keeps its best so far. All else costs none of it."
)
OTHERWISE = " Seconds are of this processor; the training itself gets a GPU."
HOME = "To be without these limits and keep your data to yourself, run GenHub on your own computer: the README says how."


def limits(settings: Settings) -> list[str]:
    """What everybody may do here, a sentence each."""
    most = settings.limits
    minutes = most.training_seconds // 60
    found = [
        f"Files up to {most.upload_bytes / 1e6:.0f} MB, tables up to {most.table_rows:,} rows, "
        f"texts up to {most.text_chars:,} characters, {most.new_tokens} new tokens at once.",
        f"A training may take {markup.plural(minutes, 'minute')}; one of yours runs at a time, {most.jobs_per_visitor} at most run or wait.",
        f"Runs, tables and downloads are deleted after {most.keep_hours} hours: take home what you want to keep.",
    ]
    if settings.zerogpu:
        found.append(LENT)
    if settings.offline:
        found.append("Embedded models only.")
    elif MODELS not in settings.allowed:
        found.append("Models of the list only.")
    off = [settings_module.ALLOWED[name] for name in (ADAPTERS, PUBLISHING) if name not in settings.allowed]
    if off:
        found.append(f"Nobody can {' or '.join(off)} here.")
    return found


def banner(settings: Settings) -> str:
    """For the top of the page; "" on a page for its owner alone."""
    if not settings.public:
        return ""
    told = "".join(f"<li>{markup.esc(sentence)}</li>" for sentence in (*limits(settings), HOME))
    head = "This page is shared: upload nothing that is private."
    return markup.page(f'<details class="gh-shared"><summary>{head} <span>What is limited here</span></summary><ul>{told}</ul></details>')


def to_the_owner(settings: Settings, address: str, link: str | None, signed_in: bool) -> str:
    """What the terminal says once the page is there. link: for strangers; "" when none was asked for, None when none could be had."""
    if not settings.public:
        return f"GenHub is at {address}"
    lines = [f"GenHub is at {link or address}"]
    if link:
        lines.append(f"  on this computer: {address}")
    if link is None:
        lines.append(
            "No share link could be made: Gradio's tunnel needs a network, and has to fetch its program once. Try again, or use --host."
        )
    whoever = "Whoever signs in with a name of GENHUB_AUTH" if signed_in else "Whoever knows the address"
    lines += [f"{whoever} can use this computer's processor for it, with the public limits:", *(f"  - {line}" for line in limits(settings))]
    if off := sorted(settings_module.ALLOWED.keys() - settings.allowed):
        lines.append(f"GENHUB_ALLOW={','.join(off)} would turn on what is off.")
    if not signed_in:
        lines.append("With --auth they need a password from the environment variable GENHUB_AUTH.")
    lines.append("End it with Ctrl+C; trainings that run go on, and nobody can start another.")
    return "\n".join(lines)
