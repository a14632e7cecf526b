"""Text in the encodings of its country is read as it was written."""

from __future__ import annotations

import pytest

from backend.errors import Invalid
from backend.files.encoding import detect

TEXTS = [
    ("cp1252", "Firma;Ort\nMüller & Söhne;größte Auswahl an „Öfen“ – für 50 €\nBäckerei Süß;Köln\n"),
    ("cp1252", "Nom,Description\nCafé d’Été,Pâtisserie française à Lyon, près de l’Hôtel\n"),
    ("cp1252", "Nombre,Ciudad\nNúñez e Hijos SA,Málaga\nCorporación España,Logroño\n"),
    ("cp1252", "Namn\nÅkeri Örebro\nSmörgåsbord AB\nBjörn Åkesson, Lödöse\n"),
    ("cp1252", "Navn;Beskrivelse\nBageriet Århus;brød og kager på Nørrebro\nŠkoda Ærø;biler og værksted\n"),
    ("cp1252", "Nome\nSão Paulo Informática;soluções de automação e comunicação, torrefação\n"),
    ("cp1252", "Nimi\nHämeenlinnan Sähkö Oy;sähkötyöt ja huolto kotiin, myös yöllä\n"),
    ("cp1252", "Nome\nCaffè Perché;qualità e bontà, così è più buono, città di Forlì\n"),
    ("cp1252", "Nafn\nÞórður hf.;íslenskur fiskur á Ísafirði, góð þjónusta\n"),
    ("cp1252", "Name,City\n" + "Plain Co,London\n" * 5_000 + "Müller,Zürich\n"),
    ("latin-1", "Name,City\n" + "Café,Málaga\n" * 20 + "Odd\x81 Byte,Málaga\n"),
    ("cp1250", "Název;Popis\nDvořák a syn;výroba čokolády a příborů, české výrobky z Říčan\n"),
    ("cp1250", "Nazwa\nŁódź Żabka;sklepy spożywcze i żywność, świeże pączki\n"),
    ("cp1250", "Tvrtka\nKovačević d.o.o.;građevinski materijali, čišćenje i održavanje, žičane ograde\n"),
    ("cp1250", "Név\nŐrségi Kft.;erdei bútorok és faipari termékek, tűzifa, hűtőgépek szervize, őrzés\n"),
    ("cp1250", "Nume\nBrutăria Bună SRL;pâine şi prăjituri în Braşov, piaţa mare, băuturi\n"),
    ("cp1251", "Название;Описание\nООО Ромашка;производство мебели в Москве\n"),
    ("cp1253", "Όνομα;Περιγραφή\nΕστιατόριο Ακρόπολις;ελληνική κουζίνα στην Αθήνα\n"),
    ("cp932", "会社名,説明\nサンプル商事株式会社,文房具の製造と販売\nカメラのテスト,カメラ\n"),
    ("cp932", "Company Name,City\nSample,東京\nOther,大阪\n"),
    ("gb18030", "公司,描述\n示例通信有限公司,通信设备制造商\n"),
    ("big5", "公司,描述\n範例積體電路股份有限公司,半導體代工\n"),
    ("euc_kr", "회사,설명\n예시전자,반도체와 휴대전화를 만드는 회사\n"),
    ("mac_roman", "Name,City\rMüller GmbH,München Straße\rCafé Éclair,Orléans\r"),
    ("utf-8", "Name,City\nMüller,東京\nA\0B,\x0b\n"),
    ("utf-8-sig", "Name\nÉ\n"),
    ("utf-16", "Name\tCity\nMüller\t東京\n"),
    ("utf-16-le", "会社名,説明\n株式会社東京商店,文房具\n"),
    ("utf-16-be", "Name,City\nMüller,Köln\n"),
    ("utf-32", "Name,City\nMüller,Köln\n"),
]


@pytest.mark.parametrize(("codec", "text"), TEXTS, ids=[f"{codec}-{text[:12]!a}" for codec, text in TEXTS])
def test_text_is_read_as_it_was_written(codec: str, text: str) -> None:
    data = text.encode(codec)
    found = detect(data, name="rows.csv")
    assert data[found.mark :].decode(found.codec, found.errors) == text
    assert found.note is None


def test_bytes_of_two_encodings_are_read_each_in_its_own() -> None:
    data = "Müller, Köln, Öl, Süß, Åre, Café, Été, Núñez\n".encode() * 2 + b"Caf\xe9 d\x92Or\n"
    found = detect(data, name="rows.csv")
    assert data.decode(found.codec, found.errors).splitlines()[-1] == "Café d’Or"
    assert found.note == "2 bytes of the file are not UTF-8 and read as Western European (Windows-1252)."


def test_damage_inside_utf_16_costs_one_character_and_is_told() -> None:
    data = b"\xff\xfe" + "a,b\n".encode("utf-16-le") + b"\x00\xd8" + "c,d\n".encode("utf-16-le")
    found = detect(data, name="rows.csv")
    assert data[found.mark :].decode(found.codec, found.errors) == "a,b\n\ufffdc,d\n"
    assert found.note == "Some characters of the file are damaged and shown as \ufffd."


def test_a_few_zeros_in_an_old_encoding_do_not_make_it_utf_16() -> None:
    found = detect(b"Name,City\nM\xfcller\0,K\xf6ln\n\xd6l Co,L\xfcbeck\0\n", name="rows.csv")
    assert found.codec == "cp1252"


@pytest.mark.parametrize(
    "data", [bytes(range(256)) * 8, b"\0" * 1_000, b"abc\0\1\2\3" * 100], ids=["all", "zeros", "struct"]
)
def test_binary_data_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid, match="neither text nor a workbook"):
        detect(data, name="rows.csv")


def test_a_long_line_takes_no_longer_than_a_short_one() -> None:
    data = b"x" * 3_000_000 + b"\xfc\n" + b"y" * 3_000_000
    assert detect(data, name="rows.csv").codec == "cp1252"
