"""Answers read sensibly: names and trades in many forms, and 600 real companies against plain rules."""

from __future__ import annotations

import csv
import re
import zlib

import pytest

from backend.local.model.answers.brand import brand
from backend.local.model.answers.fill import Answer
from backend.local.model.answers.row import Row, find
from backend.local.model.answers.trade import trade
from tests.companies import companies_file

LEGAL_FORM = re.compile(
    r"(?:^|[\s,])(?:inc|ltd|limited|gmbh|s\.a|plc|ag|n\.v|oyj|tbk|bhd|co\.,? ltd|corp|corporation)\.?$", re.I
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Acme, Inc.", "Acme"),
        ("Acme Precision Tools Co., Ltd.", "Acme Precision Tools"),
        ("Müller & Söhne GmbH & Co. KG", "Müller & Söhne"),
        ("Alpine Group S.A.", "Alpine Group"),
        ("Northern Foods Oyj", "Northern Foods"),
        ("Nordic Tools AB (publ)", "Nordic Tools"),
        ("PT Jaya Makmur Tbk", "Jaya Makmur"),
        ("Makmur Tbk PT", "Makmur"),
        ("Delta Holdings Berhad", "Delta"),
        ("Sakura K.K.", "Sakura"),
        ("Aero del Norte, S.A.B. de C.V.", "Aero del Norte"),
        ("Deniz Tekstil Sanayi ve Ticaret A.S.", "Deniz Tekstil"),
        ("Siam Rice Public Company Limited", "Siam Rice"),
        ("株式会社サンプル製作所", "サンプル製作所"),
        ("示例石油股份有限公司", "示例石油"),
        ("ООО Ромашка", "Ромашка"),
        ("BRIGHTWATER PLATING LTD", "Brightwater Plating"),
        ("BMW AG", "BMW"),
        ("NXTRNK N.V.", "NXTRNK"),
        ("Acme Hardware - Your friend in tools", "Acme Hardware"),
        ("Acme | Home", "Acme"),
        ("https://www.blue-widgets.co.uk/about", "Blue Widgets"),
        ("acme.com", "Acme"),
        ("Matching.com Limited", "Matching"),
        ("Ltd", "Ltd"),
        ("  ", ""),
    ],
)
def test_brands(name: str, expected: str) -> None:
    assert brand(name) == expected


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("operates as a surface treatment company in Taiwan.", "Surface Treatment Services"),
        ("manufactures and sells home textiles in Turkey.", "Home Textile Manufacturing"),
        (", together with its subsidiaries, distributes pharmaceutical products.", "Pharmaceutical Product"),
        ("engages in the exploration, development, and mining of gold in Peru.", "Gold Exploration"),
        ("is a real estate investment trust.", "Real Estate Investment Trusts"),
        ("provides various banking products and services.", "Banking Services"),
        ("produces industrial, pure, and medicinal gases; and pipes.", "Industrial Gas Production"),
        ("develops and publishes PC and console games in Europe.", "PC and Console Games"),
        ("owns and operates department stores and supermarkets.", "Department Store Operators"),
        ("engages in the real estate development business.", "Real Estate Development Services"),
        ("Swedish furniture retailer known for flat packs.", "Swedish Furniture Retailers"),
        ("operates in the area of telecommunications in Germany.", "Telecommunications Services"),
    ],
)
def test_trades(description: str, expected: str) -> None:
    assert trade(Row(name="Acme Ltd", description=f"Acme Ltd {description}"), "Acme").category.startswith(
        expected
    )


def test_rows_with_little_to_say_still_get_an_answer() -> None:
    for row in (
        Row(),
        Row(name="Acme Bank"),
        Row(keywords="部品"),
        Row(name="x" * 500, description="is " * 999),
    ):
        answer = Answer(row, 1)
        assert answer.brand
        assert answer.trade.category
        assert answer.question.endswith("?")


def test_the_question_never_names_a_firm_named_like_its_trade() -> None:
    answer = Answer(Row(name="Dental PLC", description="Dental PLC provides dental services in Oslo."), 0)
    assert "dental" not in answer.question.lower()


@pytest.mark.parametrize(
    "message",
    [
        '{"company_name": "Acme Ltd"}',
        'Fill this row:\n<data-a1b2>\n{"company_name": "Acme Ltd"}\n</data-a1b2>',
        'Not {this} and not {"that": 1} but {"website": "x", "company_name": "Acme Ltd"} and more }',
    ],
)
def test_the_row_is_found_wherever_it_stands(message: str) -> None:
    assert find(message).name == "Acme Ltd"


def test_a_message_without_a_row_is_a_description() -> None:
    assert find("<data-a1b2>\nAcme makes {soap}.\n</data-a1b2>").description == "Acme makes {soap}."


def test_real_companies_are_answered_by_the_rules_of_the_recipe() -> None:
    """2 to 4 words, no legal form, one question, the firm not named; a fallback is rare."""
    with companies_file().open(encoding="utf-8", newline="") as file:
        rows = [row for number, row in enumerate(csv.DictReader(file)) if number % 10 == 0]
    assert len(rows) == 600
    vague = 0
    for row in rows:
        name = row["Company Name"]
        answer = Answer(
            Row(name, row["Company Keywords"], row["Company Short Description"]), zlib.crc32(name.encode())
        )
        category, question = answer.trade.category, answer.question
        assert 2 <= len(category.split()) <= 4, (name, category)
        assert not category.split()[0].islower(), (name, category)
        assert category.split()[-1].lower() not in ("and", "of", "the"), (name, category)
        assert not LEGAL_FORM.search(answer.brand), (name, answer.brand)
        assert answer.brand.split()[0].lower() in name.lower()
        assert question.count("?") == 1, question
        assert question[0].isupper(), question
        assert len(question) <= 200, question
        assert not re.search(rf"(?<!\w){re.escape(answer.brand)}(?!\w)", question, re.I), (name, question)
        vague += category in ("General Business Services", "Diversified Financial Services")
    assert vague < 12
