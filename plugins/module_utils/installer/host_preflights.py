# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Translates a spec's own host checks, a Troubleshoot HostPreflight, to checks that the preflight judges on every host.

Each check is plain data: ``id``, ``title``, ``kind``, ``of`` (what is looked at), and ``outcomes``, a list of maps with
``status``, ``when`` (None for always, else data that ``checks.host_preflights`` understands), ``said`` (the condition
as written), ``message`` and ``uri``. As in Troubleshoot the first outcome whose condition holds is the result.

Source: replicatedhq/troubleshoot v0.131.1, pkg/analyze/host_*.go for the conditions, pkg/collect/host_*.go for the
collectors.
"""

import ipaddress
import re
from urllib.parse import urlsplit

from ansible_collections.kurl.ipv6.plugins.module_utils.installer.reading import shorten

API = "troubleshoot.sh/v1beta2"
KIND = "HostPreflight"
PATH = "kurl.hostPreflights"
RULE = "spec.host-preflights"
STATUSES = ("fail", "warn", "pass")
#: Checks of one spec; each costs time on every host.
LIMIT = 200

_OPERATORS = {"=": "==", "==": "==", "===": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_COMPARISON = re.compile(r"\s*(?P<left>[^=!<>]*?)\s*(?P<op>===|==|=|!=|<=|>=|<|>)\s*(?P<right>.+?)\s*\Z")
_UNITS = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}
_UNITS.update({"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50})
_TEMPLATE = re.compile(r"\{\{")

#: Files whose text a check may look at: what ``cat`` of them prints is no secret, and reading them changes nothing.
READABLE = re.compile(
    r"/proc/(cpuinfo|meminfo|cmdline|mounts|swaps|version|modules|filesystems|sys/[a-z0-9_./-]+)\Z"
    r"|/sys/[A-Za-z0-9_./:-]+\Z"
    r"|/etc/(os-release|lsb-release|redhat-release|centos-release|system-release|hosts|resolv\.conf|fstab|timezone|hostname)\Z"
)


class Unsupported(Exception):
    """A check that cannot be honoured here; the text says why."""


class Refused(Unsupported):
    """A check that asks for what an IPv6-only host cannot have; ``remedy`` says what to write instead."""

    def __init__(self, reason, remedy):
        super().__init__(reason)
        self.remedy = remedy


def translate(document, score, mark=None, ignore=False, strict=False):
    """Return the checks of a HostPreflight.

    Arguments:
        document: the HostPreflight as plain data.
        score: a ``rulebook.Score`` for what cannot be honoured.
        mark: where the document is written.
        ignore: failures do not stop (``kurl.hostPreflightIgnore``); they become warnings.
        strict: warnings stop (``kurl.hostPreflightEnforceWarnings``); they become failures.
    Returns:
        A list of checks.
    """
    if document.get("apiVersion") != API or document.get("kind") != KIND:
        score.fail(
            RULE,
            PATH,
            f"apiVersion {shorten(str(document.get('apiVersion')))}, kind {shorten(str(document.get('kind')))}",
            expected=f"apiVersion {API}, kind {KIND}",
            remedy=f"hostPreflights:\n  apiVersion: {API}\n  kind: {KIND}",
            mark=mark,
        )
        return []
    spec = document.get("spec") if isinstance(document.get("spec"), dict) else {}
    collectors = _entries(spec, "collectors", score, mark)
    checks, used, names = [], set(), set()
    for kind, analyzer in _entries(spec, "analyzers", score, mark)[:LIMIT]:
        title = str(analyzer.get("checkName") or kind)
        try:
            check = _check(kind, analyzer, collectors, used)
        except Refused as reason:
            score.fail(
                RULE,
                PATH,
                f"the check {shorten(title)} ({kind}): {reason}",
                expected="checks that hosts without IPv4 can pass",
                remedy=reason.remedy,
                mark=mark,
            )
            continue
        except Unsupported as reason:
            score.warn(
                RULE,
                PATH,
                f"the check {shorten(title)} ({kind}) is left out: {reason}",
                remedy="# check it yourself; preflight_extra_checks takes checks of your own",
                mark=mark,
            )
            continue
        if check is None:
            score.info(RULE, PATH, f"the check {shorten(title)} ({kind}) is excluded by the spec", mark=mark)
            continue
        check["id"] = _unique(title, names)
        check["title"] = shorten(title)
        for outcome in check["outcomes"]:
            if ignore and outcome["status"] == "fail":
                outcome.update(status="warn", message=outcome["message"] + " (hostPreflightIgnore)")
            elif strict and outcome["status"] == "warn":
                outcome.update(status="fail", message=outcome["message"] + " (hostPreflightEnforceWarnings)")
        checks.append(check)
    for number, (kind, collector) in enumerate(collectors):
        if number not in used and not _excluded(collector) and kind not in _IMPLIED:
            name = collector.get("collectorName") or kind
            score.info(
                RULE, PATH, f"the collector {shorten(str(name))} ({kind}) is not run: no check uses it", mark=mark
            )
    for key in ("remoteCollectors", "uploadResultsTo"):
        if spec.get(key):
            score.warn(RULE, PATH, f"{key} has no effect: every host is read by the preflight itself", mark=mark)
    return checks


def _entries(spec, key, score, mark):
    """Return ``[(kind, map)]`` of the collectors or analyzers; what is none is told."""
    entries = []
    listed = spec.get(key)
    if listed is not None and not isinstance(listed, list):
        score.fail(RULE, PATH, f"{key} is no list", expected="a list", remedy=f"{key}: []", mark=mark)
        return []
    for entry in listed or []:
        if isinstance(entry, dict) and len(entry) == 1:
            kind, value = next(iter(entry.items()))
            if value is None or isinstance(value, dict):
                entries.append((kind, value or {}))
                continue
        score.fail(
            RULE,
            PATH,
            f"an entry of {key} is no map with one key",
            expected="one collector or analyzer an entry",
            remedy=f"{key}:\n  - cpu: {{}}",
            mark=mark,
        )
    return entries


def _unique(title, names):
    """Return an id made of a title, unlike those that are there."""
    base = re.sub("[^a-z0-9]+", "-", title.lower()).strip("-")[:60] or "check"
    name, number = base, 2
    while name in names:
        name, number = f"{base}-{number}", number + 1
    names.add(name)
    return name


def _excluded(entry):
    """Whether a collector or an analyzer is excluded; None for a template, which nothing here evaluates."""
    value = entry.get("exclude", False)
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if _TEMPLATE.search(text):
        return None
    return text == "true"


def _check(kind, analyzer, collectors, used):
    """Return one check without id and title, or None if it is excluded. Raises Unsupported."""
    if kind in _NOT_HERE:
        raise Unsupported(_NOT_HERE[kind])
    excluded = _excluded(analyzer)
    if excluded is None:
        raise Unsupported("exclude is a template, which is not evaluated")
    if excluded:
        return None
    if kind not in _KINDS:
        raise Unsupported("there is no such analyzer in Troubleshoot, or none that is known here")
    prepare, condition = _KINDS[kind]
    collector = _collector(kind, analyzer, collectors, used)
    if collector is not None and _excluded(collector):
        return None
    of = prepare(collector or {}, analyzer)
    return {"kind": kind, "of": of, "outcomes": _outcomes(analyzer, condition)}


def _collector(kind, analyzer, collectors, used):
    """Return the collector that an analyzer looks at: of its name, else the only one of its kind."""
    wanted = "run" if kind == "textAnalyze" else kind
    own = [(number, entry) for number, (name, entry) in enumerate(collectors) if name == wanted]
    name = analyzer.get("collectorName")
    if kind == "textAnalyze" and not name:
        # host-collectors/run-host/<name>.txt
        name = str(analyzer.get("fileName") or "").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    named = [(number, entry) for number, entry in own if name and entry.get("collectorName") == name]
    if kind in ("cpu", "memory", "time", "hostOS", "blockDevices", "kernelModules", "sysctl"):
        named = named or own[:1]
    elif not name and len(own) == 1:
        named = own
    if named:
        used.add(named[0][0])
        return named[0][1]
    if kind in _IMPLIED:
        return None
    raise Unsupported(f"no collector {wanted}" + (f" called {shorten(str(name))}" if name else ""))


def _outcomes(analyzer, condition):
    """Return the outcomes of an analyzer."""
    listed = analyzer.get("outcomes")
    if not isinstance(listed, list) or not listed:
        raise Unsupported("it has no outcomes")
    outcomes = []
    for entry in listed:
        if not isinstance(entry, dict) or len(entry) != 1 or next(iter(entry)) not in STATUSES:
            raise Unsupported("an outcome is none of fail, warn and pass")
        status, value = next(iter(entry.items()))
        value = value if isinstance(value, dict) else {}
        said = value.get("when")
        text = "" if said is None else str(said).lower() if isinstance(said, bool) else str(said).strip()
        outcomes.append(
            {
                "status": status,
                "when": condition(text) if text else None,
                "said": shorten(text),
                "message": shorten(str(value.get("message") or ""), 400),
                "uri": shorten(str(value.get("uri") or ""), 400),
            }
        )
    return outcomes


# Conditions -----------------------------------------------------------------------------------------------------------


def quantity(text):
    """Return a quantity of Kubernetes as a number: ``8Gi`` is 8 x 2^30, ``8G`` is 8 x 10^9. Raises Unsupported."""
    found = re.match(r"(\d+(?:\.\d+)?)\s*(Ki|Mi|Gi|Ti|Pi|k|K|M|G|T|P)?B?\Z", text)
    if not found:
        raise Unsupported(f"{shorten(text)} is no quantity")
    return float(found.group(1)) * _UNITS[found.group(2) or ""]


def _compared(text):
    if _TEMPLATE.search(text):
        raise Unsupported(f"the condition {shorten(text)} is a template, which is not evaluated")
    found = _COMPARISON.match(text)
    if not found:
        raise Unsupported(f"the condition {shorten(text)} is not understood")
    return found.group("left"), _OPERATORS[found.group("op")], found.group("right")


def _numbers(*names):
    def condition(text):
        left, operator, right = _compared(text)
        name = left or names[0]
        if name not in names:
            raise Unsupported(f"the condition {shorten(text)} looks at {shorten(left)}, which is not known here")
        if "/" in name:
            found = re.match(r"(\d+(?:\.\d+)?)\s*(%?)\Z", right)
            if not found:
                raise Unsupported(f"{shorten(right)} is no share")
            return {"of": name, "op": operator, "value": float(found.group(1)) / (100 if found.group(2) else 1)}
        return {"of": name, "op": operator, "value": quantity(right)}

    return condition


def _cpu(text):
    if text.startswith(("supports ", "hasFlags ")):
        raise Unsupported(f"the condition {shorten(text)} looks at the processor's features, which are not read")
    left, operator, right = _compared(text)
    if left == "machineArch":
        if operator not in ("==", "!="):
            raise Unsupported(f"the condition {shorten(text)} is not understood")
        return {"of": left, "op": operator, "value": right}
    return _numbers("count", "logical", "physical")(text)


def _states(*known):
    def condition(text):
        if text not in known:
            raise Unsupported(f"the state {shorten(text)} is none of {', '.join(known)}")
        return {"state": text}

    return condition


def _http(text):
    if text == "error":
        return {"state": "error"}
    left, operator, right = _compared(text)
    if left != "statusCode" or not right.isdigit():
        raise Unsupported(f"the condition {shorten(text)} is not understood")
    return {"of": "statusCode", "op": operator, "value": int(right)}


def _time(text):
    left, operator, right = _compared(text)
    known = {"ntp": r"(un)?synchronized\+(in)?active\Z", "timezone": r".+\Z"}
    if left not in known or operator not in ("==", "!=") or not re.match(known[left], right):
        raise Unsupported(f"the condition {shorten(text)} is not understood")
    return {"of": left, "op": operator, "value": right}


def _host_os(text):
    left, operator, right = _compared(text)
    found = re.match(r"(?P<os>kernelVersion|[a-z][a-z0-9_]*)(-(?P<version>[0-9.]+))?(?P<kernel>-kernel)?\Z", left)
    if not found or not re.match(r"[0-9]+(\.[0-9]+)*([-.].*)?\Z", right):
        raise Unsupported(f"the condition {shorten(text)} is not understood")
    return {
        "os": found.group("os"),
        "version": found.group("version") or "",
        "kernel": bool(found.group("kernel")) or found.group("os") == "kernelVersion",
        "op": operator,
        "value": right,
    }


def _modules(text):
    left, operator, right = _compared(text)
    states = [state.strip() for state in right.split(",")]
    if operator not in ("==", "!=") or set(states) - {"loaded", "loadable", "loading", "unloading", "unloaded"}:
        raise Unsupported(f"the condition {shorten(text)} is not understood")
    return {"modules": [name.strip() for name in left.split(",") if name.strip()], "op": operator, "states": states}


def _sysctl(text):
    left, operator, right = _compared(text)
    if not re.match(r"[A-Za-z0-9_]+([./][A-Za-z0-9_:-]+)+\Z", left) or ".." in left:
        raise Unsupported(f"{shorten(left)} is no kernel parameter")
    if re.match(r"net[./]ipv4[./]", left):
        raise Refused(
            f"{shorten(left)} is a parameter of IPv4, which is not set for clusters without it",
            "# exclude: true, or ask for net.ipv6.conf.all.forwarding instead",
        )
    return {"of": left.replace("/", "."), "op": operator, "value": right}


def _devices(text):
    left, operator, right = _compared(text)
    if not right.isdigit():
        raise Unsupported(f"the condition {shorten(text)} is not understood")
    return {"regex": expression(left or ".*"), "op": operator, "value": int(right)}


def _packages(text):
    words = re.sub(r"[{}()\s]+", " ", text).strip()
    if words not in (".IsInstalled", "not .IsInstalled"):
        raise Unsupported(f"the condition {shorten(text)} is not understood")
    return {"installed": words == ".IsInstalled"}


def _text(text):
    if text.lower() not in ("true", "false"):
        raise Unsupported(f"the condition {shorten(text)} is not understood")
    return {"matches": text.lower() == "true"}


def expression(text):
    """Return a regular expression that Python can search in time that grows with the text alone. Raises Unsupported."""
    if len(text) > 500:
        raise Unsupported("the regular expression is longer than 500 characters")
    try:
        re.compile(text)
        parsed = _parser().parse(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise Unsupported(f"the regular expression cannot be read: {shorten(str(error))}") from None
    if _repeats(parsed, False):
        raise Unsupported("the regular expression repeats what repeats, which can take endless time")
    return text


def _parser():
    try:
        return re._parser
    except AttributeError:  # Python 3.10
        import sre_parse

        return sre_parse


def _repeats(parsed, inside):
    """Whether an unbounded repetition stands inside of another one."""
    for operator, argument in parsed:
        name = str(operator)
        if "REPEAT" in name:
            endless = int(argument[1]) > 64
            if (endless and inside) or _repeats(argument[2], inside or endless):
                return True
        elif name == "SUBPATTERN":
            if _repeats(argument[-1], inside):
                return True
        elif name == "BRANCH":
            if any(_repeats(branch, inside) for branch in argument[1]):
                return True
        elif name in ("ASSERT", "ASSERT_NOT"):
            if _repeats(argument[1], inside):
                return True
        elif name in ("GROUPREF", "GROUPREF_EXISTS", "ATOMIC_GROUP"):
            return True
    return False


# What is looked at ----------------------------------------------------------------------------------------------------


def _nothing(_collector_entry, _analyzer):
    return {}


def _disk(collector, _analyzer):
    path = str(collector.get("path") or "")
    if not path.startswith("/") or ".." in path.split("/"):
        raise Unsupported("its collector names no absolute path")
    return {"path": path}


def _port(protocol):
    def prepare(collector, _analyzer):
        port = collector.get("port")
        if isinstance(port, str) and port.isdigit():
            port = int(port)
        if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
            raise Unsupported("its collector names no port")
        return {"protocol": protocol, "port": port, "loopback": collector.get("interface") == "lo"}

    return prepare


def _address(collector, _analyzer):
    address = str(collector.get("address") or "").strip()
    found = re.match(r"(?:\[(?P<v6>[^\]]+)\]|(?P<name>[^:\s]+)):(?P<port>[0-9]{1,5})\Z", address)
    if not found or not 0 < int(found.group("port")) < 65536:
        raise Unsupported(
            f"its collector's address {shorten(address)} is not host:port, with an IPv6 address in brackets"
        )
    host = found.group("v6") or found.group("name")
    _no_ipv4(host)
    return {"host": host, "port": int(found.group("port")), "timeout": _seconds(collector.get("timeout"))}


def _no_ipv4(host):
    try:
        literal = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return
    if literal.version == 4:
        raise Refused(
            f"{host} is an IPv4 address, which hosts without IPv4 cannot reach", "# give a name, or the IPv6 address"
        )


def _seconds(text):
    """Return a Go duration in seconds, at most 10: a host check must not wait longer."""
    found = re.match(r"(\d+(?:\.\d+)?)(ms|s|m)\Z", str(text or "").strip())
    factor = {"ms": 0.001, "s": 1, "m": 60}
    return min(float(found.group(1)) * factor[found.group(2)], 10.0) if found else 5.0


def _get(collector, _analyzer):
    request = collector.get("get")
    if not isinstance(request, dict):
        raise Unsupported("only GET requests are made: others could change something")
    url = str(request.get("url") or "")
    try:
        parts = urlsplit(url)
        host, _number = parts.hostname, parts.port
    except ValueError:
        host, parts = None, None
    if not host or parts.scheme not in ("http", "https") or _TEMPLATE.search(url):
        raise Unsupported(f"{shorten(url)} is no URL")
    _no_ipv4(host)
    headers = request.get("headers") if isinstance(request.get("headers"), dict) else {}
    return {
        "url": url,
        "insecure": request.get("insecureSkipVerify") is True,
        "headers": {str(name): str(value) for name, value in headers.items()},
        "timeout": _seconds(request.get("timeout")),
    }


def _wanted_packages(collector, _analyzer):
    packages = {}
    for name, listed in collector.items():
        if name in ("collectorName", "exclude"):
            continue
        if not isinstance(listed, list) or not all(
            re.match(r"[A-Za-z0-9][A-Za-z0-9.+_:-]*\Z", str(item)) for item in listed
        ):
            raise Unsupported(f"the packages for {shorten(str(name))} are no list of names")
        packages[str(name)] = [str(item) for item in listed]
    return {"packages": packages}


def _device_rules(_collector_entry, analyzer):
    smallest = analyzer.get("minimumAcceptableSize")
    if isinstance(smallest, bool) or not isinstance(smallest, (int, type(None))):
        smallest = quantity(str(smallest))
    return {"smallest": int(smallest or 0), "partitions": analyzer.get("includeUnmountedPartitions") is True}


def _subnet(collector, _analyzer):
    text = str(collector.get("CIDRRangeAlloc") or "")
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        raise Unsupported(f"CIDRRangeAlloc {shorten(text)} is no range") from None
    if network.version == 4:
        raise Refused(
            f"{text} is an IPv4 range; hosts' routes are checked against the cluster's own ranges anyway",
            "# exclude: true, or\nCIDRRangeAlloc: fd00::/16\ndesiredCIDR: 56",
        )
    wanted = collector.get("desiredCIDR")
    if isinstance(wanted, bool) or not isinstance(wanted, int) or not network.prefixlen <= wanted <= 128:
        raise Unsupported("desiredCIDR is no prefix length inside of CIDRRangeAlloc")
    return {"range": str(network), "prefix": wanted}


def _output(collector, analyzer):
    """Return the file that stands for a command's output. Commands are not run: a preflight changes nothing."""
    command = str(collector.get("command") or "").rsplit("/", 1)[-1]
    arguments = collector.get("args") if isinstance(collector.get("args"), list) else []
    words = [command] + [str(word) for word in arguments]
    files = {
        ("uname", "-r"): "/proc/sys/kernel/osrelease",
        ("hostname",): "/proc/sys/kernel/hostname",
        ("lsmod",): "/proc/modules",
        ("mount",): "/proc/mounts",
    }
    path = files.get(tuple(words), "")
    if command == "cat" and len(words) == 2:
        path = words[1]
    elif command == "sysctl" and len(words) == 3 and words[1] == "-n":
        path = "/proc/sys/" + words[2].replace(".", "/")
    if not READABLE.match(path) or ".." in path:
        raise Unsupported(
            f"it looks at what {shorten(' '.join(words))} prints, and the preflight runs no commands of a spec"
        )
    if analyzer.get("regexGroups"):
        raise Unsupported("it compares groups of a regular expression (regexGroups)")
    if not analyzer.get("regex"):
        raise Unsupported("it has no regex")
    return {"path": path, "regex": expression(str(analyzer["regex"]))}


def _ipv4_interfaces(_collector_entry, _analyzer):
    raise Refused(
        "it asks for interfaces with IPv4 addresses, which hosts of an IPv6-only cluster need not have", "exclude: true"
    )


_CONNECT = ("connection-refused", "connection-timeout", "error", "connected")
_LISTEN = _CONNECT + ("address-in-use", "bind-permission-denied")

#: Analyzer -> how its collector's settings are read, and how its conditions are.
_KINDS = {
    "cpu": (_nothing, _cpu),
    "memory": (_nothing, _numbers("total")),
    "diskUsage": (_disk, _numbers("total", "used", "available", "used/total", "available/total")),
    "hostOS": (_nothing, _host_os),
    "time": (_nothing, _time),
    "kernelModules": (_nothing, _modules),
    "sysctl": (_nothing, _sysctl),
    "tcpPortStatus": (_port("tcp"), _states(*_LISTEN)),
    "udpPortStatus": (_port("udp"), _states(*_LISTEN)),
    "tcpConnect": (_address, _states(*_CONNECT)),
    "http": (_get, _http),
    "systemPackages": (_wanted_packages, _packages),
    "blockDevices": (_device_rules, _devices),
    "subnetAvailable": (_subnet, _states("a-subnet-is-available", "no-subnet-available")),
    "textAnalyze": (_output, _text),
    "ipv4Interfaces": (_ipv4_interfaces, _states()),
}
#: Kinds whose facts are read anyway, so that they need no collector.
_IMPLIED = ("cpu", "memory", "time", "hostOS", "kernelModules", "sysctl", "blockDevices", "ipv4Interfaces")

_NOTHING_LISTENS = "nothing listens behind the load balancer before the cluster is there"
#: Analyzers that cannot be honoured, and why.
_NOT_HERE = {
    "tcpLoadBalancer": _NOTHING_LISTENS,
    "httpLoadBalancer": _NOTHING_LISTENS,
    "filesystemPerformance": "it writes for minutes, and the preflight changes nothing on a host",
    "certificate": "it reads private keys",
    "certificatesCollection": "it reads keys",
    "hostServices": "services are not listed; the preflight judges those that matter by itself",
    "jsonCompare": "it compares files of a support bundle, of which there is none",
    "kernelConfigs": "the kernel's configuration is judged by the preflight itself",
    "cgroups": "control groups are judged by the preflight itself",
    "networkNamespaceConnectivity": "it makes network namespaces, and the preflight changes nothing on a host",
    "subnetContainsIP": "it compares two values of the spec and looks at no host",
}


#: For documentation: analyzers that are judged.
HONOURED = tuple(name for name in _KINDS if name != "ipv4Interfaces")
LEFT_OUT = dict(_NOT_HERE)
