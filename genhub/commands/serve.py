"""`serve`: the page. A share link or an address that others can reach switches the public profile on by itself."""

import argparse
import errno
import importlib.util
import os
import socket

from genhub import collector, settings
from genhub.commands import Command
from genhub.commands.output import Output
from genhub.errors import UserError

PORT = 7860
MCP = "1.30.0"  # of the package; a test holds it against what is tested


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", default=str(PORT), help=f"TCP port, 1 to 65535. Default: {PORT}.")
    parser.add_argument("--host", default="127.0.0.1", help="Address to listen on. Default: 127.0.0.1, this computer only.")
    parser.add_argument("--share", action="store_true", help="Also open a public link through Gradio; strangers get the public limits.")
    parser.add_argument(
        "--auth",
        action="store_true",
        help="Ask everybody for a name and a password of GENHUB_AUTH (name:password,…); so it is with the public limits wherever that is set.",
    )
    parser.add_argument("--mcp", action="store_true", help="Offer the endpoints as tools to clients of the model context protocol, too.")
    parser.add_argument("--profile", default="", help="Limits: local or public. Default: local, public with --share or another --host.")


def _run(args: argparse.Namespace, out: Output) -> None:
    port = _port(args.port)
    profile = _profile(args.profile, open_to_others=args.share or not settings.is_loopback(args.host))
    if profile:
        os.environ["GENHUB_PROFILE"] = profile
    current = settings.get()  # an unknown profile in the environment is refused before anything starts
    # Whoever sets names and passwords for a page that others reach means them to be asked for: in a container there is no --auth to give.
    asked = args.auth or (current.public and bool(os.environ.get("GENHUB_AUTH", "").strip()))
    accounts = settings.accounts() if asked else []
    if args.mcp:
        check_tools(current)
    check_address(args.host, port)
    with collector.resting():
        from genhub.ui import app

    app.serve(app.Opening(args.host, port, args.share, tuple(accounts), args.mcp))


def check_tools(current: settings.Settings) -> None:
    """Raises UserError where tools cannot be offered: to strangers, and without the package that speaks the protocol."""
    if current.public:
        limit = "On a page for strangers they are off."
        raise UserError("--mcp offers tools to programs on this computer.", limit, "Serve on 127.0.0.1 without --share.", "mcp")
    if importlib.util.find_spec("mcp") is None:
        raise UserError("The package mcp is not installed.", "--mcp needs it.", f"Run pip install mcp=={MCP}.", "mcp")


def check_address(host: str, port: int) -> None:
    """Raises UserError, before anything is loaded, when nothing can listen there."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            if os.name == "posix":  # a server that has just ended leaves the port free; on Windows this would allow two at once
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise _not_there(host, port, error) from None


def _not_there(host: str, port: int, error: OSError) -> UserError:
    if error.errno == errno.EADDRINUSE:
        what, limit = f"Port {port} is in use already, perhaps by another GenHub.", "One program listens on a port."
        return UserError(what, limit, f"End that one, or choose another port, such as --port {port % 65535 + 1}.", "port")
    if error.errno in (errno.EACCES, errno.EPERM):
        what = f"Port {port} may not be used by this account."
        return UserError(what, "Ports below 1024 are the system's.", f"Choose another one, such as --port {PORT}.", "port")
    what, limit = f"Nothing can listen on “{host[:100]}”.", "It must be an address of this computer."
    return UserError(what, limit, "Leave --host out, or give 0.0.0.0 for all of its addresses.", "host")


def _port(value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= 65535:
        raise UserError(f"The port is “{value[:20]}”.", "A port is a whole number from 1 to 65535.", f"The default is {PORT}.", "port")
    return int(value)


def _profile(wanted: str, open_to_others: bool) -> str:
    """The profile to set, or "" to leave it to the environment. Whoever lets others in cannot choose the local one."""
    if wanted not in ("", "local", "public"):
        raise UserError(f"The profile is “{wanted[:20]}”.", "It is local or public.", "Leave it out to have it chosen.", "profile")
    if not open_to_others:
        return wanted
    if wanted == "local":
        raise UserError(
            "The local profile was asked for, but others can reach this page.",
            "With --share, or on an address that is not this computer's own, the public limits hold.",
            "Leave --profile out, or serve on 127.0.0.1 without --share.",
            "profile",
        )
    # A Space may have chosen the zerogpu profile, which is public too.
    return "" if os.environ.get("GENHUB_PROFILE") == "zerogpu" else "public"


COMMAND = Command("open the page at http://127.0.0.1:7860", _arguments, _run)
