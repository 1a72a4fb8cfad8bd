# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of the controller: can what an installation needs be had from there? Nodes get it from the controller."""

from collections import namedtuple

from ansible_collections.kurl.ipv6.plugins.module_utils.checks.registry import check

STAGE = "controller"
#: What ``artifacts.reach.look`` found; ``subject`` as for any host.
Controller = namedtuple("Controller", "subject facts")
#: Names and commands that one finding shows.
LIMIT = 6
_FAMILIES = {"ipv6": "IPv6", "ipv4": "IPv4"}
_WAYS_OUT = (
    "# a mirror with upstream's layout, filled where there is access, as a folder or behind a URL:\n"
    "artifacts_mirror: /srv/mirror   # in the inventory, or with -e"
)


def controller(facts):
    """Return the controller as the checks of this stage take it."""
    return Controller("controller", facts)


def _some(names):
    more = len(names) - LIMIT
    return ", ".join(names[:LIMIT]) + (" and {} more".format(more) if more > 0 else "")


@check(
    "sources.files",
    title="artifacts of the installation",
    why=(
        "The controller fetches binaries, manifests and images, and hands them to the nodes, which need no access to"
        " the outside. What cannot be had stops an installation; better before it begins."
    ),
    reference="kurl.ipv6.artifacts; kURL docs: airgap",
    remedy="Put what is missing into the mirror, each with its checksum.",
    stage=STAGE,
)
def files(host, verdict):
    """What the mirror, or upstream, does not have of what is not on the controller yet."""
    facts = host.facts
    if not facts["wanted"]:
        verdict.skip("nothing is planned that would have to be fetched")
        return
    where = facts["mirror"] or "upstream"
    if facts["problem"]:
        verdict.fail(facts["problem"], expected="artifacts that can be had", remedy=_WAYS_OUT)
    elif facts["absent"]:
        names = [entry["name"] for entry in facts["absent"]]
        airgapped = facts["airgap"] and facts["kind"] == "upstream"
        verdict.fail(
            "{} of {} artifacts {}: {}".format(
                len(names),
                facts["wanted"],
                "are not on the controller, and the spec is airgapped" if airgapped else "are not in " + where,
                _some(names),
            ),
            expected="each file with its checksum, in {}".format(facts["mirror"] or "a mirror"),
            remedy=_fill(facts),
        )
    elif facts["tool"]:
        verdict.fail(
            "images are copied from their registries by {}, which is not installed".format(facts["tool"]),
            expected="{} on the controller, or a mirror that has the image archives".format(facts["tool"]),
            remedy="apt-get install -y {0} || dnf install -y {0}   # on the controller\n{1}".format(
                facts["tool"], _WAYS_OUT
            ),
        )
    elif facts["servers"]:
        verdict.passed("{} of {} are here, the others {} has".format(facts["cached"], facts["wanted"], where))
    else:
        verdict.passed("{} of {} are here".format(facts["wanted"], facts["wanted"]))


def _fill(facts):
    """Commands that fetch what is missing where there is access, into a mirror's layout."""
    folder = facts["mirror"] if facts["kind"] == "folder" else "/srv/mirror"
    lines = ["# where there is access to the Internet:", "mkdir -p {0} && cd {0}".format(folder)]
    for entry in facts["absent"][:LIMIT]:
        if entry["kind"] == "image":
            lines.append(
                "mkdir -p $(dirname {0}) && skopeo copy docker://{1} oci-archive:{0}:{1} && sha256sum {0} > {0}.sha256"
                "".format(entry["path"], entry["name"])
            )
        else:
            lines.append(
                "curl -fL --create-dirs -o {0} https://{0}   # and its checksum, beside it".format(entry["path"])
            )
    if len(facts["absent"]) > LIMIT:
        lines.append("# and {} more".format(len(facts["absent"]) - LIMIT))
    if facts["kind"] != "folder":
        lines.append("# then, if it is a folder of the controller: artifacts_mirror: {}".format(folder))
    return "\n".join(lines)


@check(
    "sources.reach",
    title="servers of the artifacts",
    why=(
        "Some of upstream's servers have no IPv6 address (github.com): a controller without IPv4 reaches them only"
        " through a proxy or a NAT64, or needs a mirror."
    ),
    reference="kurl.ipv6.artifacts; RFC 7050; kURL docs: installing behind a proxy",
    remedy="Set artifacts_mirror to a folder or URL with upstream's layout, or https_proxy on the controller.",
    stage=STAGE,
)
def reach(host, verdict):
    """Every server from which something is still to be fetched: its addresses, a connection, an answer."""
    servers = host.facts["servers"]
    if not servers:
        verdict.skip("no server has to be asked")
        return
    good = []
    for entry in servers:
        about = {"case": entry["server"], "title": "{} from the controller".format(entry["server"])}
        if not entry["family"] or entry["problems"]:
            _unreached(entry, verdict, about)
        elif entry["silent"]:
            verdict.warn(
                "it takes connections over {}, and does not answer in time".format(_way(entry)),
                expected="an answer within seconds",
                remedy="curl -vI https://{}/   # on the controller".format(entry["server"]),
                **about,
            )
        else:
            good.append("{} over {}".format(entry["server"], _way(entry)))
    if good:
        verdict.passed("; ".join(good))


def _way(entry):
    """Say over which family, and through what, a server is reached."""
    words = _FAMILIES.get(entry["family"], "nothing")
    if entry["nat64"] and entry["family"] == "ipv6":
        words += " through the NAT64"
    return words + (", by the proxy {}".format(entry["proxy"]) if entry["proxy"] else "")


def _unreached(entry, verdict, about):
    reason = entry["reason"] or entry["problems"][0]
    what = "the proxy {}".format(entry["proxy"]) if entry["proxy"] else entry["server"]
    lines = [_WAYS_OUT]
    if entry["proxy"]:
        lines.insert(0, "curl -v --proxy {} https://{}/   # on the controller".format(entry["proxy"], entry["server"]))
    elif not entry["ipv6"]:
        lines.append(
            "# or a proxy that has both families: export https_proxy=http://<proxy>:3128   # on the controller"
        )
        lines.append("# or a resolver that is a DNS64, with a NAT64 behind it")
    else:
        lines.insert(0, "curl -6 -vI https://{}/   # on the controller".format(entry["server"]))
    verdict.fail(
        (
            "{} cannot be reached: {} (for {})".format(what, reason, _some(entry["names"]))
            if not entry["family"]
            else "{} over {} (for {})".format(reason, _way(entry), _some(entry["names"]))
        ),
        expected="an answer, over IPv6, a NAT64 or a proxy",
        remedy="\n".join(lines),
        **about,
    )
