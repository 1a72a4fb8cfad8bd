# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Judges the host checks of a spec (``kurl.hostPreflights``), translated by ``installer.host_preflights``.

As in Troubleshoot the first outcome whose condition holds is the result, and a check none of whose outcomes fits has
none. What looks at IPv4 only there looks at IPv6 here.
"""

import ipaddress
import operator
import re

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import ports
from ansible_collections.kurl.ipv6.plugins.module_utils.checks.registry import check

OPERATORS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
REFERENCE = "the spec's kurl.hostPreflights"
#: A number in hostOS conditions and versions.
_NUMBERS = re.compile(r"\d+")


class Unknown(Exception):
    """What a check looks at could not be read; the text says why."""


@check(
    "host-preflight",
    title="host checks of the spec",
    why="A vendor's application needs more of a host than a cluster does.",
    reference=REFERENCE,
    remedy="What the vendor's message says.",
)
def host_preflights(host, verdict):
    """Every check of the spec; without any nothing is said."""
    for entry in host.plan.get("host_preflights") or []:
        more = {"case": entry["id"], "title": entry["title"]}
        try:
            seen, words = _SEEN[entry["kind"]](host, entry)
        except Unknown as error:
            verdict.skip(f"not judged: {error}", **more)
            continue
        outcome = first(entry, seen)
        if outcome is None:
            verdict.skip(f"no outcome of the check fits: {words}", **more)
            continue
        message = filled(outcome["message"], seen) or words
        observed = message if words in message else f"{message} ({words})"
        if outcome["status"] == "pass":
            verdict.passed(observed, **more)
            continue
        more["expected"] = "not: {}".format(outcome["said"]) if outcome["said"] else ""
        more["remedy"] = "# see {}".format(outcome["uri"]) if outcome["uri"] else "# " + (message or entry["title"])
        getattr(verdict, outcome["status"])(observed, **more)


def first(entry, seen):
    """Return the first outcome whose condition holds, None if none does."""
    return next((item for item in entry["outcomes"] if item["when"] is None or holds(item["when"], seen)), None)


def holds(when, seen):
    """Return whether a condition holds.

    Arguments:
        when: a condition, as ``installer.host_preflights`` describes it.
        seen: what was seen: a map.
    """
    if "state" in when:
        return seen.get("state") == when["state"]
    if "matches" in when:
        return seen["matches"] == when["matches"]
    if "installed" in when:
        return bool(seen["there"] if when["installed"] else seen["missing"]) and (
            not when["installed"] or not seen["missing"]
        )
    if "modules" in when:
        good = all(seen["modules"].get(name) in when["states"] for name in when["modules"])
        return good == (when["op"] == "==")
    if "os" in when:
        return _system(when, seen)
    if "regex" in when:
        count = sum(1 for name in seen["devices"] if re.match("(?:" + when["regex"] + r")\Z", name))
        return OPERATORS[when["op"]](count, when["value"])
    value = seen.get(when["of"])
    if value is None:
        return False
    if isinstance(when["value"], str):
        return _texts(value, when["op"], when["value"])
    return OPERATORS[when["op"]](value, when["value"])


def _texts(value, sign, wanted):
    """Compare two texts; as numbers where both are whole numbers."""
    left, right = str(value).strip(), wanted.strip()
    if re.match(r"-?\d+\Z", left) and re.match(r"-?\d+\Z", right):
        return OPERATORS[sign](int(left), int(right))
    return OPERATORS[sign](left, right)


def _system(when, seen):
    """Compare the operating system or its kernel. For equality only as many components count as the condition has:
    ``rhel = 8`` means every 8.x, which Troubleshoot takes for 8.0 alone.
    """
    if when["os"] not in (seen["id"], "kernelVersion"):
        return False
    if when["version"] and not _equal(seen["version"], when["version"]):
        return False
    version = seen["kernel"] if when["kernel"] else seen["version"]
    if when["op"] in ("==", "!="):
        return _equal(version, when["value"]) == (when["op"] == "==")
    return OPERATORS[when["op"]](_key(version), _key(when["value"]))


def _key(version):
    """Return the first three numbers of a version."""
    numbers = [int(number) for number in _NUMBERS.findall(version.split("-")[0])]
    return tuple((numbers + [0, 0, 0])[:3])


def _equal(version, wanted):
    length = min(len(_NUMBERS.findall(wanted.split("-")[0])), 3)
    return _key(version)[:length] == _key(wanted)[:length]


def filled(message, seen):
    """Return a message with what Troubleshoot's templates would put in; others stay as they are."""
    names = ", ".join(seen.get("missing") or seen.get("there") or [])
    return re.sub(r"\{\{\s*\.Name\s*\}\}", names, message) if names else message


def _asked(host, entry):
    """Return what the collector ``asked`` read for a check."""
    answer = host.facts.get("asked", {}).get(entry["id"])
    if answer is None:
        raise Unknown("nothing was read for it")
    if "problem" in answer:
        raise Unknown(answer["problem"])
    return answer


def _fact(host, name):
    if host.facts.get(name) in (None, "", 0):
        raise Unknown(f"{name} could not be read")
    return host.facts[name]


def _cpu(host, entry):
    answer = _asked(host, entry)
    logical = _fact(host, "cpus")
    physical = answer["physical"] or logical
    seen = {"count": max(logical, physical), "logical": logical, "physical": physical, "machineArch": answer["machine"]}
    return seen, "{} CPUs, {}".format(seen["count"], answer["machine"])


def _memory(host, _entry):
    total = _fact(host, "memory_bytes")
    return {"total": total}, f"{total / 1024**3:.1f} GiB of memory"


def _disk(host, entry):
    answer = dict(_asked(host, entry))
    total = answer["total"]
    if not total:
        raise Unknown("the file system has no size")
    answer["used/total"] = answer["used"] / total
    answer["available/total"] = answer["available"] / total
    words = "{}: {:.1f} of {:.1f} GiB available, {:.0f} % used".format(
        entry["of"]["path"], answer["available"] / 1024**3, total / 1024**3, 100 * answer["used/total"]
    )
    return answer, words


def _host_os(host, _entry):
    release = _fact(host, "os")
    seen = {"id": release.get("id", ""), "version": release.get("version", ""), "kernel": host.facts.get("kernel", "")}
    return seen, "{} {}, kernel {}".format(seen["id"], seen["version"], seen["kernel"])


def _time(host, entry):
    clock = host.facts.get("clock", {})
    if clock.get("synchronized") is None:
        raise Unknown("whether the clock is synchronized")
    ntp = "{}+{}".format(
        "synchronized" if clock["synchronized"] else "unsynchronized", "active" if clock.get("service") else "inactive"
    )
    zone = _asked(host, entry)["timezone"]
    # Names of the same zone.
    seen = {
        "ntp": ntp,
        "timezone": "UTC" if zone in ("UTC", "Etc/UTC", "Universal", "Zulu", "Etc/UCT", "UCT") else zone,
    }
    return seen, f"{ntp}, time zone {zone}"


def _modules(host, entry):
    states = dict(_asked(host, entry)["modules"])
    for name in states:
        # What the kernel is seen to do, no list need say.
        if host.facts.get("modules", {}).get(name) in ("loaded", "builtin"):
            states[name] = "loaded"
    return {"modules": states}, ", ".join(f"{name} {state}" for name, state in sorted(states.items()))


def _sysctl(host, entry):
    values = _asked(host, entry)["parameters"]
    return values, ", ".join(
        "{} {}".format(name, "is unknown" if value is None else "= " + value) for name, value in sorted(values.items())
    )


def _port(host, entry):
    """Whether a port could be bound, on the node's IPv6 address or on ``::1``; who else holds it is named."""
    of = entry["of"]
    wanted = ports.Port(of["protocol"], of["port"], ports.LOOPBACK if of["loopback"] else ports.ANY, entry["title"], ())
    if "listeners" not in host.facts:
        raise Unknown("listeners could not be read")
    holders = [item for item in host.facts["listeners"] if ports.collides(wanted, item, host.choice.address)]
    if not holders:
        return {"state": "connected"}, "{} {} is free on IPv6".format(of["protocol"], of["port"])
    # A port that a part of the running cluster holds is no conflict on a node that has joined.
    own = {port.number: port.owners for port in ports.planned(host)}
    if host.joined and holders[0].get("process") in own.get(of["port"], ()):
        return {"state": "connected"}, "{} is held by the running cluster".format(of["port"])
    return {"state": "address-in-use"}, "{} {} is held by {}".format(
        of["protocol"], of["port"], holders[0].get("process") or "another process"
    )


def _connect(host, entry):
    answer = _asked(host, entry)
    of = entry["of"]
    where = "[{}]:{}".format(of["host"], of["port"]) if ":" in of["host"] else "{}:{}".format(of["host"], of["port"])
    return answer, "{}: {}{}".format(where, answer["state"], ", " + answer["message"] if answer.get("message") else "")


def _http(host, entry):
    answer = _asked(host, entry)
    result = answer.get("statusCode") or answer.get("message") or answer.get("state")
    seen = dict(answer)
    if seen.get("state") == "connection-timeout":
        seen["state"] = "error"
    return seen, "{}: {}".format(entry["of"]["url"], result)


def _packages(host, entry):
    packages = _asked(host, entry)["packages"]
    missing = sorted(name for name, there in packages.items() if not there)
    there = sorted(name for name, there in packages.items() if there)
    words = "not installed: " + ", ".join(missing) if missing else "all packages are installed"
    if not packages:
        raise Unknown("the check names no packages for this system")
    return {"missing": missing, "there": there}, words


def _devices(host, entry):
    """The devices that Troubleshoot counts: disks, and partitions if asked for, that are free to be used."""
    of = entry["of"]
    if "block_devices" not in host.facts:
        raise Unknown("block devices could not be read")
    kinds = ("disk", "part") if of["partitions"] else ("disk",)
    names = [
        device["name"]
        for device in host.facts["block_devices"]
        if device["kind"] in kinds
        and device["bytes"] >= of["smallest"]
        and device["content"] == ""
        and not (device["mounted"] or device["children"] or device["read_only"] or device["removable"])
    ]
    return {"devices": names}, "free block devices: " + (", ".join(names) or "none")


def _subnet(host, entry):
    """Whether a range of the wanted size is free of routes and addresses."""
    of = entry["of"]
    pool = ipaddress.ip_network(of["range"])
    taken = []
    for route in host.facts.get("routes", []):
        try:
            network = ipaddress.ip_network(route["destination"], strict=False)
        except ValueError:
            continue
        if network.version == 6 and network.prefixlen and network.overlaps(pool):
            taken.append(network)
    free = _gap(pool, taken, of["prefix"])
    state = "a-subnet-is-available" if free else "no-subnet-available"
    return {"state": state}, "{} in {}".format("free: " + free if free else f"no free /{of['prefix']}", of["range"])


def _gap(pool, taken, prefix):
    """Return the first range of a size in the pool that overlaps none of the taken ones, empty if there is none."""
    size = 1 << (128 - prefix)
    position, end = int(pool.network_address), int(pool.broadcast_address)
    for network in sorted(taken, key=lambda item: int(item.network_address)):
        if position + size - 1 < int(network.network_address):
            break
        behind = int(network.broadcast_address) + 1
        if behind > position:
            position = -(-behind // size) * size
    if position + size - 1 > end:
        return ""
    return "{}/{}".format(ipaddress.IPv6Address(position), prefix)


def _text(host, entry):
    answer = _asked(host, entry)
    if answer["matches"] is None:
        raise Unknown("{} is not there".format(entry["of"]["path"]))
    verb = "matches" if answer["matches"] else "does not match"
    return answer, "{} {} {}".format(entry["of"]["path"], verb, entry["of"]["regex"])


_SEEN = {
    "cpu": _cpu,
    "memory": _memory,
    "diskUsage": _disk,
    "hostOS": _host_os,
    "time": _time,
    "kernelModules": _modules,
    "sysctl": _sysctl,
    "tcpPortStatus": _port,
    "udpPortStatus": _port,
    "tcpConnect": _connect,
    "http": _http,
    "systemPackages": _packages,
    "blockDevices": _devices,
    "subnetAvailable": _subnet,
    "textAnalyze": _text,
}
