"""The menu, the page and the few things the script does to the spreadsheet."""

from __future__ import annotations

from tests.appsscript.script import APPSSCRIPT, Script

ODD = {"id": 91, "name": 'It\'s "odd" 📈', "rows": 40, "columns": 6, "selection": [5, 20]}


def test_the_menu_needs_no_right(script: Script) -> None:
    """And stands where a published add-on has its own, before anything that only a bound script may do."""
    menus = script.run("onOpen").asked
    assert [(menu["what"], menu["caption"]) for menu in menus] == [
        ("menu", "Extensions"),
        ("menu", "Rowmill"),
    ]
    for menu in menus:
        assert [label for label, _ in menu["items"]] == ["Open", "Queue this sheet", "About"]


def test_every_item_of_the_menu_is_a_function(script: Script) -> None:
    items = script.run("onInstall").asked[0]["items"]
    assert {name for _, name in items} <= set(script.run("(names)").result)


def test_the_sidebar_is_told_what_it_was_opened_for(script: Script) -> None:
    assert script.run("openSidebar").of("sidebar")[0]["variables"] == {"intent": "open"}
    assert script.run("openSidebarToQueue").of("sidebar")[0]["variables"] == {"intent": "check"}


def test_the_page_includes_every_one_of_its_files(script: Script) -> None:
    page = (APPSSCRIPT / "Sidebar.html").read_text(encoding="utf-8")
    for path in APPSSCRIPT.glob("Sidebar?*.html"):
        assert f"include_('{path.stem}')" in page, path.name
    assert script.run("include_", "SidebarStyle").result == "content of SidebarStyle"


def test_the_context(script: Script) -> None:
    assert script.connected(sheets=[ODD]).run("readContext").data == {
        "spreadsheetId": "spreadsheet-0123456789",
        "sheetId": 91,
        "sheetName": 'It\'s "odd" 📈',
        "address": "https://rowmill.example",
        "introduced": False,
    }


def test_the_introduction_is_remembered_for_the_person(script: Script) -> None:
    ran = script.run("acceptIntroduction")
    assert [(entry["name"], entry["value"]) for entry in ran.of("setProperty")] == [("user", "1")]
    assert script.within(properties={"user": {"INTRODUCED": "1"}}).run("readContext").data["introduced"]


def test_the_selection(script: Script) -> None:
    assert script.within(sheets=[ODD]).run("readSelection").data == {"sheetId": 91, "firstRow": 5, "rows": 20}


def test_no_selection_is_the_header(script: Script) -> None:
    nothing = {**ODD, "selection": None}
    assert script.within(sheets=[nothing]).run("readSelection").data["firstRow"] == 1


def test_a_row_comes_to_the_front_whole(script: Script) -> None:
    ran = script.within(sheets=[{**ODD, "id": 1}, ODD]).run("goToRow", 91, 12)
    assert ran.of("front") == [{"what": "front", "sheet": 91}]
    assert ran.of("activate") == [{"what": "activate", "sheet": 91, "place": [12, 1, 1, 6]}]


def test_a_row_or_a_sheet_that_is_gone(script: Script) -> None:
    here = script.within(sheets=[ODD])
    assert here.run("goToRow", 91, 41).problem["code"] == "no_row"
    assert here.run("goToRow", 92, 2).problem["code"] == "no_sheet"
