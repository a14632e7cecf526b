"""The README's table of settings, made from the settings themselves.

`python -m tests.guards.settings_table` writes it into the README, between its two marks.
"""

from __future__ import annotations

from pathlib import Path

from pydantic.fields import FieldInfo

from backend.config import Settings

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- settings -->", "<!-- /settings -->"


def table() -> str:
    """A Markdown row for each setting, in the order of the code."""
    rows = ["| setting | default | meaning |", "|---|---|---|"]
    rows += [
        f"| `{name.upper()}` | {_default(field)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(rows)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    return f"`{default}`" if default not in (None, (), "", {}) else ""


def standing(text: str) -> str:
    """What stands between the marks."""
    return text.partition(BEGIN)[2].partition(END)[0].strip()


def main() -> None:
    text = README.read_text()
    README.write_text(
        text.replace(standing(text), table())
        if standing(text)
        else text.replace(BEGIN, f"{BEGIN}\n{table()}")
    )


if __name__ == "__main__":
    main()
