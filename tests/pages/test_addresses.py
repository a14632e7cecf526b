"""Public or not, by number: against a list written down here, not the one that the product holds."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.adapters.pages.addresses import checked, is_public, literal
from backend.errors import RowFailed

_NOT_PUBLIC = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 168.63.129.16
169.254.0.1 169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1
192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1
255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:93.184.215.14 64:ff9b::7f00:1 64:ff9b:1::1 100::1
2001::1 2001:0:7f00:1:: 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:a00:1:: 3fff::1 5f00::1
fc00::1 fd00:ec2::254 fd20:ce::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1 4000::1
"""
_PUBLIC = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 93.184.215.14 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1
168.63.129.17 169.253.255.255 172.15.255.255 172.32.0.1 192.0.1.1 192.167.255.255 198.17.255.255 198.20.0.1
223.255.255.255 2001:4860:4860::8888 2606:4700::1111 2a00:1450:4001:80b::200e 2400:cb00::1
"""


@pytest.mark.parametrize("address", _NOT_PUBLIC.split())
def test_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", _PUBLIC.split())
def test_public(address: str) -> None:
    assert is_public(ip_address(address))


@given(st.ip_addresses())
def test_what_the_standard_library_calls_private_is_never_public(address: object) -> None:
    known = ip_address(str(address))
    if (
        known.is_private
        or known.is_loopback
        or known.is_link_local
        or known.is_multicast
        or known.is_reserved
    ):
        assert not is_public(known)


def test_one_address_that_is_not_public_refuses_the_whole_answer() -> None:
    with pytest.raises(RowFailed) as caught:
        checked("acme.com", ["93.184.215.14", "10.0.0.1"])
    assert caught.value.error_class == "page_refused"


def test_an_answer_without_addresses_is_no_website() -> None:
    with pytest.raises(RowFailed) as caught:
        checked("acme.com", [])
    assert caught.value.error_class == "page_not_found"


def test_only_a_plain_quad_is_taken_for_a_number() -> None:
    assert literal("93.184.215.14") == "93.184.215.14"
    assert literal("0177.0.0.1") is None
    assert literal("acme.com") is None
