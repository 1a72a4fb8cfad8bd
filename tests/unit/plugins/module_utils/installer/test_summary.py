# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The plan that a person reads, and the file of variables."""

import pathlib

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.kurl.ipv6.plugins.module_utils.installer import summary, translation

DATA = pathlib.Path(__file__).resolve().parents[4] / "data" / "installer"


def translated(name, **more):
    """Return the result for a file of the test data."""
    return translation.translate([(name, (DATA / name).read_bytes())], **more)


def lines(name, roles=None, **more):
    """Return the plan as text."""
    return "\n".join(summary.plan(translated(name, **more), [name], roles))


def test_the_plan_of_the_example():
    text = lines("seed.yml")
    assert "kubernetes   1.19.15" in text
    assert "seed.yml:9" in text
    assert "antrea       1.4.0                  WireGuard between nodes" in text
    assert "256 nodes of /120, 110 pods each" in text
    assert "resolver fd00:c00b:2::a" in text
    assert "localhost:6444         a load balancer on every node" in text
    assert "wireguard" in text
    assert "rook 1.5.12" in text


def test_components_without_a_role_are_not_promised():
    text = lines("seed.yml", roles={"kubernetes", "containerd", "antrea"})
    assert "rook         1.5.12                 NOT INSTALLED: no role yet" in text
    assert "  cluster              antrea 1.4.0\n" in text + "\n"


def test_the_plan_with_a_network_of_the_users_own():
    text = lines("demo.yml", overrides={"antrea": None}, external_cni=True)
    assert "you                  install a cluster network" in text
    assert "openvswitch" not in text


def test_every_setting_of_a_spec_is_shown_with_its_line():
    text = lines("full.yml")
    assert "kubernetes.maxPodsPerNode = 200" in text
    assert "rook.storageClassName = fast" in text
    assert "selinuxConfig.chconCmds = -R -t container_file_t /data" in text
    for path, place in translated("full.yml")["sources"].items():
        assert place in text or path == "kurl.ipv6", path


def test_passwords_of_a_proxy_are_not_shown():
    text = lines("demo.yml", overrides={"kurl": {"proxyAddress": "http://user:geheim@p.example.com:3128"}})
    assert "http://***@p.example.com:3128" in text
    assert "geheim" not in text


class Loader(yaml.SafeLoader):
    """Reads a file of variables; ``!unsafe`` is what ansible makes of it: text."""


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


@pytest.mark.parametrize("name", ["seed.yml", "demo.yml", "full.yml"])
def test_the_file_of_variables_holds_the_variables(name):
    result = translated(name)
    text = summary.vars_file(result, [name])
    assert yaml.load(text, Loader) == result["role_vars"]
    assert "# kubernetes.version, " + result["sources"]["kubernetes.version"] in text


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=60))
@example("\x85 \u2028")
def test_any_text_survives_the_file_of_variables(text):
    for value in (text, "{{ " + text, text + "\n{% x %}\n\n"):
        result = {"role_vars": {"a": value, "b": [value, {"c": value}], "z": "end"}, "sources": {}}
        written = summary.vars_file(result, ["x.yml"])
        assert yaml.load(written, Loader) == result["role_vars"]
        if value == text:
            continue
        assert "!unsafe" in written
