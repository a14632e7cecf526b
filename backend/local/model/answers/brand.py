"""The name a company uses for itself: no legal form, slogan or address, in normal capitals."""

from __future__ import annotations

import re

#: Legal forms, matched at the end of a name, again and again until none is left.
_FORMS = (
    r"incorporated|inc|corporation|corp|company|co|limited|ltd|llc|llp|lp|plc|partnership|liability|by share",
    r"pjsc|ojsc|jsc|pao|oao|ooo|ksc|kscp|saog|saoc|q\.?p?\.?s\.?c|psc|open|joint[- ]stock",
    r"gmbh(?: & co\.? kg(?:aa)?)?|mbh|kgaa|kg|ohg|ag|aktiengesellschaft|se",
    r"s\.?a|soci[eé]t[eé] anonyme|s\.?a\.?(?:b|p\.?i)?\.? de c\.?v|s\.?a\.?b|s\.?a\.?i\.?c",
    r"s\.?a\.?a|s\.?a\.?s|s\.?a\.?u|s\.?c\.?a|s\.?p\.?a|s\.?r\.?l|s\.?l|s\.?a\.?k|n\.?v|b\.?v|c\.?v",
    r"sociedad an[oó]nima|a/s|as|asa|ab|abp|aktiebolag|oyj|oy|aps|e?hf|nyrt|k\.?k|g\.?k|pte|pty",
    r"pcl|public|publ|tbk(?:,? pt)?|pt|persero|bhd|berhad|sdn|d\.d|a\.d|j\.s\.c|n\.p\.l|npl|s\.e|n\.a",
    r"anonim [sş]irketi|a\.?\s?[sş]|sana[iy]i? ve tic(?:aret|\.)?|san\. ve tic|t\.?a\.?s",
    r"holdings?|reit|(?:sponsored )?adr|class [a-z]|nvdr|ordinary shares",
)
_ENDING = re.compile(
    rf"(?:[\s,]+|-(?=AG$)|\.(?=(?:co|ltd|limited|corp|inc)\b))(?:{'|'.join(_FORMS)})\.?$", re.IGNORECASE
)
_BEGINNING = re.compile(
    r"^(?:(?:Public )?Joint[- ]Stock Company|P?JSC|PT|P\.T|CV|ООО|ОАО|ПАО|АО|ЗАО|شركة)\.?\s+"
)
_EASTERN = re.compile(
    r"株式会社|有限会社|合同会社|股份有限公司|有限責任公司|有限责任公司|有限公司|集团|集團|주식회사|\(주\)|㈜|（株）|\(株\)"
)
_BRACKETS = re.compile(r"\s*[(\[（][^)\]）]*[)\]）]?\s*")
_ADDRESS = re.compile(
    r"^(?:https?://)?(?:www\.)?([\w-]+(?:\.[\w-]+)*?)\.(?:com?|net|org|io|[a-z]{2,3})(?:\.[a-z]{2})?(?:/.*)?$",
    re.IGNORECASE,
)
_SLOGAN = re.compile(r"\s+[|–—·•»]\s+.*|\s+-\s+.*|:\s+.*|\s*[|].*")
_DOT_COM = re.compile(r"\.(?:com|net|org)$", re.IGNORECASE)
_ACRONYM = re.compile(r"^[^AEIOUYÀ-Ý]+$")
_SPACES = re.compile(r"\s+")
#: All capitals up to this length are taken for initials.
INITIALS = 4


def brand(name: str) -> str:
    """The brand in a company's registered name; the name itself where nothing would be left."""
    text = _SPACES.sub(" ", name[:200]).strip(" \"'«»“”")
    if address := _ADDRESS.match(text):
        label = address[1].rsplit(".", 1)[-1]
        return label.replace("-", " ").title() if label.islower() else label
    text = _EASTERN.sub("", _SLOGAN.sub("", text)).strip() or text
    text = _without_brackets(text)
    text = _shortened(text)
    text = _DOT_COM.sub("", text)
    return " ".join(map(_capitals, text.split())) if text else name.strip()[:80]


def _without_brackets(text: str) -> str:
    shorter = _BRACKETS.sub(" ", text).strip(" ,")
    return shorter or text


def _shortened(text: str) -> str:
    beginning = _BEGINNING.match(text)
    if beginning and len(text) > beginning.end():
        text = text[beginning.end() :]
    while True:
        shorter = _ENDING.sub("", text).rstrip(" ,.&-")
        if shorter.endswith(" and"):
            return text  # "Shakespeare and Company" is a name as it stands
        if shorter == text.rstrip(" ,.&-") or not shorter:
            return shorter or text
        text = shorter


def _capitals(word: str) -> str:
    bare = word.strip("().,&-'")
    if len(bare) <= INITIALS or not bare.isupper() or not bare.isalpha() or _ACRONYM.match(bare):
        return word
    return word.capitalize()
