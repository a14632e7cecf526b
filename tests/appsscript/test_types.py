"""The compiler's word on the script (strict, against Google's types) and on the page's scripts."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.appsscript.script import APPSSCRIPT

COMMON = {"allowJs": True, "checkJs": True, "noEmit": True, "moduleDetection": "legacy"}

#: What Google puts into the page.
PAGE_GLOBALS = """
declare const google: { script: { run: any; host: { close(): void; editor: { focus(): void } } } };
interface ChildNode { node?: any }
"""


def check(node: str, node_modules: Path, folder: Path, options: dict[str, Any]) -> str:
    config = {"compilerOptions": {**COMMON, **options}, "include": ["*.js", "*.d.ts"]}
    (folder / "tsconfig.json").write_text(json.dumps(config), encoding="utf-8")
    compiler = node_modules / "typescript" / "bin" / "tsc"
    ended = subprocess.run(
        [node, str(compiler), "-p", str(folder)], capture_output=True, text=True, timeout=120
    )
    return ended.stdout + ended.stderr


def test_the_script_is_typed(node: str, node_modules: Path, tmp_path: Path) -> None:
    for path in APPSSCRIPT.glob("*.gs"):
        (tmp_path / f"{path.stem}.js").write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    types = {"types": ["google-apps-script"], "typeRoots": [str(node_modules / "@types")]}
    assert (
        check(node, node_modules, tmp_path, {"strict": True, "lib": ["ES2020"], "target": "ES2020", **types})
        == ""
    )


def test_the_pages_scripts_agree_with_each_other(node: str, node_modules: Path, tmp_path: Path) -> None:
    for path in APPSSCRIPT.glob("SidebarScript*.html"):
        script = re.fullmatch(r"<script>\n(.*)</script>\n", path.read_text(encoding="utf-8"), re.DOTALL)
        assert script, f"{path.name} is one script element and nothing else"
        (tmp_path / f"{path.stem}.js").write_text("\n" + script.group(1), encoding="utf-8")
    (tmp_path / "page.d.ts").write_text(PAGE_GLOBALS, encoding="utf-8")
    options = {
        "target": "ES2022",
        "lib": ["ES2022", "DOM", "DOM.Iterable"],
        "types": [],
        "noImplicitThis": True,
    }
    assert check(node, node_modules, tmp_path, options) == ""


def test_no_two_files_of_the_page_define_the_same_name() -> None:
    """They share one scope, in which the later one would win unseen."""
    defined: dict[str, list[str]] = {}
    for path in APPSSCRIPT.glob("SidebarScript*.html"):
        text = path.read_text(encoding="utf-8")
        for name in re.findall(r"^  (?:async )?(?:function|const|let) (\w+)", text, re.MULTILINE):
            defined.setdefault(name, []).append(path.name)
    assert {name: files for name, files in defined.items() if len(files) > 1} == {}
