# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What prober and listener say to each other: one short message of fixed form, over TCP and UDP alike.

A message is worth an answer only if it carries an authentication code made with the run's secret over the message and
the way it took (protocol, port, both addresses). So a stranger gets no answer, and what was overheard is of no use from
another address. An answer is never longer than what it answers, so that nobody can use a listener to multiply traffic.
"""

import hashlib
import hmac
import socket
import struct
from collections import namedtuple

#: Marks our messages, with the version of their form.
MAGIC = b"kmes\x01"
#: Kinds of messages: is somebody there; somebody is; the sender will not ask again; that is understood; the sender will
#: not ask again, nor wait for an answer.
ASK, ANSWER, DONE, GOODBYE, PARTED = 1, 2, 3, 4, 5
REPLIES = {ASK: ANSWER, DONE: GOODBYE}

#: Magic, kind, size of the whole message with its padding in bytes, number, and three times in microseconds since 1970:
#: when the prober sent, when the listener received, when the listener answered.
_FORM = struct.Struct("!5sBHQQQQ")
#: Bytes of the authentication code: half a SHA-256, which RFC 2104 (section 5) still allows.
CODE = 16
#: Bytes of a message without padding. Every answer has this size.
SIZE = _FORM.size + CODE
#: The largest message, which has to fit the field of its size.
LARGEST = 0xFFFF

#: The way of a question, from the prober (``source``) to the listener (``target``); its answer carries the same.
Way = namedtuple("Way", "protocol port source target")
#: A message; times in microseconds.
Message = namedtuple("Message", "kind size number sent received answered")


def packed(address):
    """Return an IPv6 address as 16 bytes; what follows a % (a zone) does not count.

    Raises:
        OSError: it is no IPv6 address.
    """
    return socket.inet_pton(socket.AF_INET6, address.split("%", 1)[0])


class Codec:
    """Writes and reads messages with a run's secret.

    Arguments:
        secret: the secret, text of any length.
    """

    def __init__(self, secret):
        self._keyed = hmac.new(secret.encode("utf-8"), b"kurl.ipv6 mesh", hashlib.sha256)

    @property
    def run(self):
        """A name for the run that tells nothing of its secret."""
        named = self._keyed.copy()
        named.update(b"run")
        return named.hexdigest()[:16]

    def _code(self, way, head):
        code = self._keyed.copy()
        code.update(
            way.protocol.encode("ascii") + struct.pack("!H", way.port) + packed(way.source) + packed(way.target)
        )
        code.update(head)
        return code.digest()[:CODE]

    def write(self, way, kind, number, sent=0, received=0, answered=0, size=SIZE):
        """Return a message as bytes.

        Arguments:
            way: the question's :class:`Way`.
            kind: one of the constants above.
            number: the question's number, 64 bits; its answer repeats it.
            sent, received, answered: microseconds since 1970, 0 where not known yet.
            size: of the whole message in bytes; more than :data:`SIZE` is filled up with zeros.
        """
        size = min(max(size, SIZE), LARGEST)
        head = _FORM.pack(MAGIC, kind, size, number, sent, received, answered)
        return head + self._code(way, head) + bytes(size - SIZE)

    def read(self, way, data):
        """Return the :class:`Message` in ``data``, or None if it is not complete or not from this run."""
        if len(data) < SIZE or not data.startswith(MAGIC):
            return None
        head = bytes(data[: _FORM.size])
        _magic, kind, size, number, sent, received, answered = _FORM.unpack(head)
        if size != len(data) or not hmac.compare_digest(self._code(way, head), bytes(data[_FORM.size : SIZE])):
            return None
        return Message(kind, size, number, sent, received, answered)

    def reply(self, way, message, received, answered):
        """Return the reply to a question, or None to what is no question.

        Arguments:
            way: the question's way.
            message: the question.
            received, answered: the listener's time in microseconds when it took the question and now.
        """
        kind = REPLIES.get(message.kind)
        if kind is None:
            return None
        return self.write(way, kind, message.number, message.sent, received, answered)


def number_of(data):
    """Return the number in a message that may be cut short, unverified; None if it is none. Errors quote messages."""
    if len(data) < _FORM.size or not data.startswith(MAGIC):
        return None
    return _FORM.unpack(bytes(data[: _FORM.size]))[3]


def clock_offset(message, returned):
    """Return ``(offset, uncertainty)`` of the listener's clock against the prober's, in seconds.

    Arguments:
        message: an answer.
        returned: the prober's time when it came, in microseconds.
    The offset is that of NTP (RFC 5905, section 8); it is wrong by at most half of the time spent on the way.
    """
    there = message.received - message.sent
    back = message.answered - returned
    travelled = (returned - message.sent) - (message.answered - message.received)
    return (there + back) / 2e6, max(travelled, 0) / 2e6
