"""`serve --mcp`: the endpoints as tools, seen and used by a client of the model context protocol."""

import asyncio
import re
from pathlib import Path

import pytest

from genhub import settings
from genhub.commands import serve
from genhub.errors import UserError
from tests.ui.served import Served

mcp = pytest.importorskip("mcp", reason="the package mcp is not installed")


@pytest.fixture(scope="module")
def tools(tmp_path_factory):
    """The address of a page that offers tools."""
    served = Served(tmp_path_factory.mktemp("home"), trains=False, more=("--mcp",)).start()
    yield f"{served.address}gradio_api/mcp/"
    served.stop()


def spoken(address: str, do):
    """What `do(session)` answers, in a session with the server at `address`."""
    from mcp.client.streamable_http import streamable_http_client

    async def speak():
        async with streamable_http_client(address) as (read, write, _), mcp.ClientSession(read, write) as session:
            await session.initialize()
            return await do(session)

    return asyncio.run(speak())


def test_tools_are_the_endpoints_with_their_descriptions(tools):
    found = {tool.name: tool for tool in spoken(tools, lambda session: session.list_tools()).tools}
    documented = set(
        re.findall(r"^## `/(\w+)`$", (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert found.keys() == documented
    for tool in found.values():
        assert len(tool.description) > 20
    assert set(found["write"].inputSchema["properties"]) >= {"prompt"}


def test_a_tool_answers(tools):
    async def asked(session):
        return await session.call_tool("new_visitor", {})

    told = spoken(tools, asked)
    assert not told.isError
    assert len(told.content[0].text.strip('"')) >= 40


def test_a_mistake_is_told(tools):
    told = spoken(
        tools, lambda session: session.call_tool("read_sample", {"visitor": "v" * 43, "sample": "nothing", "counterexamples": False})
    )
    assert told.isError
    assert "nothing" in told.content[0].text


def test_strangers_get_no_tools_and_the_package_is_named(monkeypatch):
    with pytest.raises(UserError, match="they are off"):
        serve.check_tools(settings.get({"GENHUB_PROFILE": "public"}))
    monkeypatch.setattr(serve.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=rf"pip install mcp=={re.escape(serve.MCP)}"):
        serve.check_tools(settings.get({}))
    pinned = (Path(__file__).parents[2] / "requirements-dev.txt").read_text(encoding="utf-8")
    assert f"mcp=={serve.MCP}" in pinned
