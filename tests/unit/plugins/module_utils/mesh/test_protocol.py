# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The messages: what is written is read, what was changed is not, and no answer is longer than its question."""

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import protocol

pytest.importorskip("hypothesis")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

WAY = protocol.Way("udp", 6081, "fd00::1", "fd00::2")
CODEC = protocol.Codec("secret")
NUMBERS = st.integers(min_value=0, max_value=2**64 - 1)
SIZES = st.integers(min_value=0, max_value=70000)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([1, 2, 3, 4]), NUMBERS, NUMBERS, NUMBERS, NUMBERS, SIZES)
def test_what_is_written_is_read(kind, number, sent, received, answered, size):
    data = CODEC.write(WAY, kind, number, sent, received, answered, size)
    message = CODEC.read(WAY, data)
    assert message == protocol.Message(kind, len(data), number, sent, received, answered)
    assert len(data) == min(max(size, protocol.SIZE), protocol.LARGEST)
    assert protocol.number_of(data) == number


@settings(max_examples=80, deadline=None)
@given(st.integers(min_value=0, max_value=protocol.SIZE - 1), st.integers(min_value=1, max_value=255))
def test_one_changed_byte_is_noticed(place, change):
    data = bytearray(CODEC.write(WAY, protocol.ASK, 7, 8))
    data[place] ^= change
    assert CODEC.read(WAY, bytes(data)) is None


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200))
def test_noise_is_no_message(data):
    assert CODEC.read(WAY, data) is None
    assert CODEC.read(WAY, protocol.MAGIC + data) is None
    number = protocol.number_of(data)
    assert number is None or 0 <= number < 2**64


@settings(max_examples=80, deadline=None)
@given(st.integers(min_value=0, max_value=protocol.SIZE + 99))
def test_a_message_that_was_cut_short_or_grew_is_none(length):
    data = CODEC.write(WAY, protocol.ASK, 7, size=protocol.SIZE + 100)
    assert CODEC.read(WAY, data[:length]) is None
    assert CODEC.read(WAY, data + b"x") is None


@pytest.mark.parametrize(
    "way",
    [
        WAY._replace(protocol="tcp"),
        WAY._replace(port=6082),
        WAY._replace(source="fd00::3"),
        WAY._replace(target="fd00::3"),
    ],
)
def test_a_message_counts_on_its_own_way_only(way):
    assert CODEC.read(way, CODEC.write(WAY, protocol.ASK, 7)) is None


def test_addresses_have_many_spellings():
    spelled = WAY._replace(source="fd00:0:0:0:0:0:0:1", target="fd00::2%eth0")
    assert CODEC.read(spelled, CODEC.write(WAY, protocol.ASK, 7)) is not None


def test_another_secret_is_another_run():
    other = protocol.Codec("other")
    assert other.read(WAY, CODEC.write(WAY, protocol.ASK, 7)) is None
    assert other.run != CODEC.run
    assert protocol.Codec("secret").run == CODEC.run


@settings(max_examples=80, deadline=None)
@given(SIZES)
def test_a_reply_is_never_longer_than_its_question(size):
    data = CODEC.write(WAY, protocol.ASK, 7, 100, size=size)
    reply = CODEC.reply(WAY, CODEC.read(WAY, data), 200, 300)
    assert len(reply) <= len(data)
    assert CODEC.read(WAY, reply) == protocol.Message(protocol.ANSWER, protocol.SIZE, 7, 100, 200, 300)


@pytest.mark.parametrize("kind", [protocol.ANSWER, protocol.GOODBYE, 0, 9])
def test_replies_are_not_replied_to(kind):
    message = CODEC.read(WAY, CODEC.write(WAY, kind, 7))
    assert CODEC.reply(WAY, message, 1, 2) is None


@settings(max_examples=80, deadline=None)
@given(
    st.integers(min_value=-(10**12), max_value=10**12),
    st.integers(min_value=0, max_value=10**6),
    st.integers(min_value=0, max_value=10**6),
    st.integers(min_value=0, max_value=10**6),
)
def test_the_clocks_offset_lies_within_its_uncertainty(ahead, there, thinking, back):
    sent = 10**15
    received = sent + there + ahead
    answered = received + thinking
    returned = answered - ahead + back
    message = protocol.Message(protocol.ANSWER, protocol.SIZE, 7, sent, received, answered)
    offset, uncertainty = protocol.clock_offset(message, returned)
    assert abs(offset - ahead / 1e6) <= uncertainty + 1e-6
    assert uncertainty == pytest.approx((there + back) / 2e6)
