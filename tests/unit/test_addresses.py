"""Which addresses are of the open internet."""

from __future__ import annotations

import pytest

from dashboard.addresses import is_private_host, is_public


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True), ("172.32.0.1", True), ("127.0.0.1", False), ("127.255.0.9", False),
        ("10.1.2.3", False), ("172.16.0.1", False), ("192.168.1.1", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("100.127.255.255", False),
        ("0.0.0.0", False), ("224.0.0.1", False), ("240.0.0.1", False),
        ("255.255.255.255", False), ("192.0.0.8", False), ("192.88.99.1", False),
        ("198.18.0.1", False), ("203.0.113.7", False),
        ("2606:4700::1111", True), ("::1", False), ("::", False), ("fe80::1", False),
        ("fe80::1%eth0", False), ("fec0::1", False), ("fd00::1", False), ("ff02::1", False),
        ("2001:db8::1", False), ("3fff::1", False), ("5f00::1", False), ("4000::1", False),
        ("::ffff:127.0.0.1", False), ("::ffff:8.8.8.8", True), ("::7f00:1", False),
        ("2002:7f00:1::", False), ("2002:808:808::", True), ("64:ff9b::7f00:1", False),
        ("64:ff9b::808:808", True), ("64:ff9b:1::808:808", False),
        ("2001:0:4136:e378:8000:63bf:80ff:fffe", False),
    ],
)  # fmt: skip
def test_which_addresses_are_of_the_open_internet(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize("name", ["example.org", "2330", "127.1", "", "localhost.example"])
def test_a_name_is_no_address(name: str) -> None:
    with pytest.raises(ValueError, match="IPv4 or IPv6"):
        is_public(name)


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("localhost", True), ("LOCALHOST.", True), ("a.localhost", True), ("printer.local", True),
        ("db.internal.", True), ("10.0.0.1", True), ("::1", True), ("8.8.8.8", False),
        ("example.org", False), ("localhost.example", False), ("", False), (None, False),
    ],
)  # fmt: skip
def test_which_hosts_are_private_as_written(host: str | None, private: bool) -> None:
    assert is_private_host(host) is private
