"""infra/rotate.sh and infra/audiences.sh."""

from __future__ import annotations

from tests.infra.conftest import Project


def test_a_new_signing_key_signs_and_the_last_one_still_counts(deployed: Project) -> None:
    [first] = deployed.cloud.secrets["rowmill-signing-keys"]
    assert deployed.run("rotate.sh", "signing-keys").status == 0
    assert deployed.run("rotate.sh", "signing-keys").status == 0
    _, second, third = deployed.cloud.secrets["rowmill-signing-keys"]
    new, kept = second.split(",")
    assert kept == first
    assert third.split(",")[1] == new
    assert len({first, new, third.split(",")[0]}) == 3


def test_what_an_old_encryption_key_sealed_can_still_be_opened(deployed: Project) -> None:
    [first] = deployed.cloud.secrets["rowmill-encryption-keys"]
    for _ in range(2):
        assert deployed.run("rotate.sh", "encryption-keys").status == 0
    newest = deployed.cloud.secrets["rowmill-encryption-keys"][-1].split(",")
    assert len(set(newest)) == 3
    assert newest[-1] == first


def test_another_model_key_comes_from_standard_input(deployed: Project) -> None:
    ran = deployed.run("rotate.sh", "openai-key", stdin="sk-the-next-one\n")
    assert ran.status == 0, ran.said
    assert deployed.cloud.secrets["rowmill-openai-api-key"][-1] == "sk-the-next-one"
    assert not any("sk-" in word for call in deployed.cloud.calls for word in call.argv)
    changed = [" ".join(call.words) for call in deployed.cloud.changes()]
    assert changed == ["secrets versions add", "run services update", "run services update"]


def test_rotating_something_else_is_refused(deployed: Project) -> None:
    ran = deployed.run("rotate.sh", "everything")
    assert ran.status == 1
    assert "say openai-key, signing-keys or encryption-keys" in ran.said


def test_refused_scripts_are_listed_by_how_often_they_asked(deployed: Project) -> None:
    deployed.cloud.refused_audiences += ["b.apps", "a.apps", "b.apps"]
    ran = deployed.run("audiences.sh")
    assert ran.status == 0
    assert [line.split() for line in ran.out.splitlines()] == [["2", "b.apps"], ["1", "a.apps"]]
    assert "one.apps,two.apps" in ran.said


def test_no_refused_script_says_what_to_do(deployed: Project) -> None:
    ran = deployed.run("audiences.sh")
    assert ran.status == 1
    assert "Open the sidebar once" in ran.said
