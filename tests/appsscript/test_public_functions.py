"""What the page can call is on a list: a function that is not private is a door."""

from __future__ import annotations

import re

from tests.appsscript.script import APPSSCRIPT, Script

#: Called by Google (menu and its items), not meant for the page, and harmless when it calls them.
FROM_THE_MENU = {"onOpen", "onInstall", "openSidebar", "openSidebarToQueue", "showAbout"}

FOR_THE_PAGE = {
    "acceptIntroduction",
    "changeJob",
    "connectBackend",
    "createJobs",
    "createSchedule",
    "estimate",
    "forgetUpload",
    "goToRow",
    "listEvents",
    "listJobs",
    "listRows",
    "listSchedules",
    "listUploads",
    "moveJob",
    "moveJobs",
    "moveSchedule",
    "prepareDownload",
    "prepareUpload",
    "proveEdit",
    "readColumnValues",
    "readContext",
    "readJob",
    "readPage",
    "readSelection",
    "readSheet",
    "readStats",
    "readSystem",
    "readTimes",
    "removeKey",
    "renewWatchToken",
    "setKey",
    "shareWith",
    "testKey",
    "writeUpload",
}


def test_every_function_is_private_or_on_the_list(script: Script) -> None:
    defined = set(script.run("(names)").result)
    services = {"SpreadsheetApp", "HtmlService", "PropertiesService", "ScriptApp", "UrlFetchApp"}
    public = {name for name in defined - services if not name.endswith("_")}
    assert public == FROM_THE_MENU | FOR_THE_PAGE


def test_what_the_page_may_call_stands_in_one_file() -> None:
    text = (APPSSCRIPT / "Public.gs").read_text(encoding="utf-8")
    assert set(re.findall(r"^function (\w+)", text, re.MULTILINE)) == FOR_THE_PAGE


def test_the_page_calls_every_one_of_them_and_no_other() -> None:
    page = "".join(path.read_text(encoding="utf-8") for path in APPSSCRIPT.glob("Sidebar*.html"))
    called = set(re.findall(r"\b(?:run|ask)\(\s*'(\w+)'", page))
    assert called == FOR_THE_PAGE


def test_only_the_edge_touches_google() -> None:
    edges = {
        "SpreadsheetApp": {"Access.gs", "Menu.gs", "Page.gs", "Workbook.gs"},
        "HtmlService": {"Page.gs"},
        "PropertiesService": {"Connection.gs"},
        "UrlFetchApp": {"Backend.gs"},
        "ScriptApp": {"Backend.gs"},
    }
    for service, allowed in edges.items():
        users = {path.name for path in APPSSCRIPT.glob("*.gs") if f"{service}." in path.read_text("utf-8")}
        assert users == allowed, service
