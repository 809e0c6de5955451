"""`make run` looks for its port before it starts anything."""

import socket

import pytest

from local.stopping import Trouble
from local.supervisor import chosen_port


def test_a_taken_port_is_named_with_the_way_out(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        with pytest.raises(Trouble) as trouble:
            chosen_port()
    words = str(trouble.value)
    assert words.startswith(f"Port {port} is taken by another program: make run PORT=")
    assert "\n" not in words


def test_the_way_out_is_a_free_port(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setenv("PORT", str(other.getsockname()[1]))
        with pytest.raises(Trouble) as trouble:
            chosen_port()
        monkeypatch.setenv("PORT", str(trouble.value).rpartition("=")[2])
        assert chosen_port() != other.getsockname()[1]


@pytest.mark.parametrize("words", ["0", "65536", "eighty", "-1", "8000 ", "٨٠٠٠"])
def test_what_is_no_port_is_said_to_be_none(monkeypatch, words):
    monkeypatch.setenv("PORT", words)
    with pytest.raises(Trouble, match="is no port"):
        chosen_port()
