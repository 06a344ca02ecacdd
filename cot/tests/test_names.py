"""What markets are called in two languages, and which contracts stand for the same thing."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from cot.catalogue.aliases import aliases
from cot.catalogue.names import exchange_name, plain_name, ticker, units
from cot.catalogue.shipped import lines
from cot.catalogue.underlyings import KINDS, kind, main_code, majors

# Proper names, signs and trade marks that a Ukrainian name keeps in Latin letters.
LATIN = re.compile(
    r"ULSD|HRC|SOFR|WTI|ICE|CBOT|RBOB|Brent|VIX|XRP|MSCI|EAFE|S&P|E-mini|III|IV|Nasdaq|Russell|Nikkei|Bloomberg|Dow Jones"
    r"|MidCap|Bitcoin Cash|Polkadot|Chainlink|Avalanche|Shiba Inu|Stellar|Cardano|Sui|Hedera|Near Protocol|Ondo|PAX Gold"
    r"|Zcash|Hyperliquid"
)

ENGLISH = re.compile(
    r"\b(natural|gas|oil|crude|index|swap|spread|calendar|mini|micro|nano|fuel|gasoline|propane|butane|ethane|coal|day|last"
    r"|financial|month|rate|year|dividend|style|settled|steel|aluminum|wheat|corn|sugar|milk|and|the|of|vs|price|fixed)\b",
    re.IGNORECASE,
)

# The CFTC's name, and how it is written out in English and in Ukrainian.
WRITTEN = [
    ("DOW JONES U.S. REAL ESTATE IDX", "Dow Jones U.S. real estate index", "Dow Jones, нерухомість США"),
    ("GASOLINE CRK-RBOB/BRENT 1st", "Gasoline crack RBOB/Brent 1st line", "Крек-спред бензину RBOB/Brent, перша лінія"),
    ("ERCOT N 345KV REAL T PK 2x16", "ERCOT North 345KV real-time peak 2x16",
     "ERCOT North 345KV, реального часу, пікові години 2x16"),
    ("PJM.AEP-DAYTON HUB_mo_off_dap", "PJM AEP-Dayton Hub monthly off-peak day-ahead",
     "PJM AEP-Dayton Hub, місячний, позапікові години, на добу наперед"),
    ("NYISO.N.Y.C._month_on_dap", "NYISO New York City monthly peak day-ahead",
     "NYISO New York City, місячний, пікові години, на добу наперед"),
    ("PJM.WESTERN HUB DAP", "PJM Western Hub day-ahead", "PJM Western Hub, на добу наперед"),
    ("ALGONQUIN CITYGATES BASIS", "Algonquin Citygates basis", "Algonquin Citygates, базис"),
    ("MALIN (BASIS)", "Malin (basis)", "Malin (базис)"),
    ("TRANSCO STATION 85-ZONE 4 BASI", "Transco station 85-zone 4 basis", "Transco станція 85, зона 4, базис"),
    ("PG&E - CITYGATE (INDEX)", "PG&E - Citygate (index)", "PG&E - Citygate (індекс)"),
    ("BUTANE,OPIS MT B, NONTET FIX", "Butane, OPIS Mont Belvieu, non-TET fixed price",
     "Бутан, OPIS Mont Belvieu, non-TET, фіксована ціна"),
    ("PENNSYLVANIA AEC TIER 2-V2026", "Pennsylvania AEC, tier 2, vintage 2026",
     "Сертифікати альтернативної енергії Пенсильванії, рівень 2, випуск 2026"),
    ("RGGI V2026", "RGGI, vintage 2026", "RGGI, випуск 2026"),
    ("EURO SHORT TERM RATE", "Euro Short-Term Rate (ESTR)", "Короткострокова ставка в євро (ESTR)"),
    ("10 YEAR ERIS SOFR SWAP", "10-year Eris SOFR swap", "10-річний своп Eris SOFR"),
    ("Mini Eur Naphtha CIF NEW", "Mini European naphtha CIF NWE", "Прямогонний бензин CIF NWE, міні"),
]  # fmt: skip


def in_both(printed: str) -> tuple[str, str]:
    """The name of a market without aliases, in English and in Ukrainian."""
    return plain_name("000000", printed, "en"), plain_name("000000", printed, "uk")


@pytest.mark.parametrize(("printed", "english", "ukrainian"), WRITTEN)
def test_a_name_of_the_cftc_is_written_out_as_a_sentence(printed, english, ukrainian):
    assert in_both(printed) == (english, ukrainian)


def test_a_new_name_keeps_its_signs_and_capitals_and_begins_with_one():
    assert in_both("MICRO ZORBIUM USD V2-XQ7") == (
        "Micro Zorbium USD V2-XQ7",
        "Мікро Zorbium USD V2-XQ7",
    )
    assert in_both("nano bitcoin") == ("Nano bitcoin", "Біткоїн, нано")
    assert in_both("") == ("", "")


def test_every_other_language_is_english():
    assert plain_name("088691", "GOLD", "") == plain_name("088691", "GOLD", "de") == "Gold"


UNITS = [
    ("(CONTRACTS OF 5,000 BUSHELS)", "5\u202f000 bushels", "5\u202f000 бушелів"),
    ("(CONTRACTS OF $100,000 FACE VALUE)", "$100\u202f000 face value", "$100\u202f000 номіналу"),
    ("(CONTRACTS OF JPY 12,500,000)", "JPY 12\u202f500\u202f000", "JPY 12\u202f500\u202f000"),
    ("($0.5 X DJIA INDEX)", "$0.5 × Dow Jones index", "$0,5 × індекс Dow Jones"),
    ("(Contracts of 10,000 MMBTU'S)", "10\u202f000 MMBtu", "10\u202f000 млн БТО"),
    ("42000 gallons(1000 barrels)", "42000 gallons (1000 barrels)", "42000 галонів (1000 барелів)"),
    ("(1000) Kilograms", "1000 kilograms", "1000 кілограмів"),
    ("(a) or (b)", "(a) or (b)", "(a) or (b)"),
]


@pytest.mark.parametrize(("printed", "english", "ukrainian"), UNITS)
def test_what_a_contract_is_reads_as_a_person_writes_it(printed, english, ukrainian):
    assert (units(printed, "en"), units(printed, "uk")) == (english, ukrainian)


def test_an_exchange_is_called_by_its_name_and_an_unknown_one_as_the_cftc_does():
    assert exchange_name("CBT", "CHICAGO BOARD OF TRADE", "uk") == "Чиказька торгова палата (CBOT)"
    assert exchange_name("CBT", "CHICAGO BOARD OF TRADE", "en") == "Chicago Board of Trade (CBOT)"
    assert exchange_name("XX", "AN EXCHANGE", "uk") == "AN EXCHANGE"


@pytest.fixture(scope="module")
def printed(shared_data: Path) -> dict[str, dict[str, str]]:
    """Every market of the real files by its code."""
    with (shared_data / "facts" / "markets.csv").open(newline="") as rows:
        return {row["code"]: row for row in csv.DictReader(rows)}


@pytest.mark.real
def test_every_name_of_the_real_files_is_whole_in_both_languages(printed):
    """No blank doubled, none before a comma, no comma doubled or at an end, brackets closed, no word of capitals left."""
    for code, row in printed.items():
        for name in (plain_name(code, row["name"], "en"), plain_name(code, row["name"], "uk")):
            assert name
            assert not re.search(r"  | ,|,,|^,|,$|\( |_", name), (code, name)
            assert name.count("(") == name.count(")"), (code, name)
            assert name[0] == name[0].upper(), (code, name)
        # capitals of more than four letters are the names of grids and of the New England pool alone
        shouted = re.findall(r"\b[A-Z]{5,}\b", plain_name(code, row["name"], "en"))
        assert set(shouted) <= {"ERCOT", "NYISO", "CAISO", "NEPOOL", "TIBOR", "LIBOR", "CS5TC"}, (code, shouted)  # fmt: skip


@pytest.mark.real
def test_outside_power_and_gas_a_ukrainian_name_holds_no_common_english_word(printed):
    """Whatever both languages say alike is a proper name or a sign: none of these words."""
    for code, row in printed.items():
        if row["category"] != "power & gas basis":
            name = plain_name(code, row["name"], "uk").replace("E-mini", "")
            assert not ENGLISH.search(name), (code, name)


def test_a_market_with_aliases_has_a_plain_name_in_both_languages():
    named = aliases()
    for code, alias in named.items():
        assert alias.name_en, code
        assert alias.name_uk, code
        assert not re.search("[A-Za-z]", LATIN.sub("", alias.name_uk)), (code, alias.name_uk)
    for language in ("en", "uk"):
        names = Counter(plain_name(code, "", language) for code in named)
        assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.real
def test_exchange_and_contract_of_a_market_with_aliases_hold_no_english_word_in_ukrainian(printed):
    """Signs of currencies, names of indices and of coins stay as they are."""
    for code in aliases().keys() & printed.keys():
        row = printed[code]
        assert not ENGLISH.search(units(row["contract_units"], "uk")), (code, row["contract_units"])
        told = exchange_name(row["exchange_code"], row["exchange"], "uk")
        assert not re.search("board|exchange|chicago|new york", told, re.IGNORECASE), told


@pytest.mark.real
def test_a_mini_or_micro_contract_is_named_so_in_both_languages(printed):
    """What the CFTC calls mini, micro or nano, or multiplies by less, is not called as the full contract is."""
    sizes = {"MICRO": ("micro", "мікро"), "NANO": ("nano", "нано")}
    for code, alias in aliases().items():
        for size, (english, ukrainian) in sizes.items():
            if size in printed.get(code, {"name": ""})["name"].upper():
                assert english in alias.name_en.lower(), code
                assert ukrainian in alias.name_uk.lower(), code


@pytest.mark.real
def test_the_majors_are_35_markets_of_nine_groups_with_names_and_tickers(printed):
    assert len(majors()) == len(set(majors())) == 35
    assert {ticker(code) for code in majors()} >= {"6E", "ZN", "ES", "GC", "CL", "ZC", "KC", "LE", "BTC"}  # fmt: skip
    for code in majors():
        assert code in printed
        assert ticker(code)
        assert plain_name(code, "", "en") != plain_name(code, "", "uk") or code in ("13874A", "209742", "239742")  # fmt: skip
        assert (kind(code), main_code(code)) == ("main", code)
        assert printed[code]["last_report_date"] >= "2026-07-14"


@pytest.mark.real
def test_a_family_has_one_main_contract_and_no_contract_is_in_two(printed):
    rows = lines("underlyings.csv")
    assert [code for code, times in Counter(row["code"] for row in rows).items() if times > 1] == []
    assert {row["code"] for row in rows} <= printed.keys()
    assert {row["kind"] for row in rows} == set(KINDS)
    mains = Counter(row["underlying"] for row in rows if row["kind"] == "main")
    assert mains == Counter({row["underlying"]: 1 for row in rows})
    assert all(main_code(main_code(row["code"])) == main_code(row["code"]) for row in rows)


def test_the_main_contract_is_the_one_people_mean_and_not_the_one_with_most_contracts():
    for code, main in {
        "133LM4": "133741", "146LM3": "146021", "209747": "209742", "13874+": "13874A", "067411": "067651",
        "023391": "023651", "084694": "084691", "088691": "088691", "043607": "043607", "299741": "299741",
    }.items():  # fmt: skip
        assert main_code(code) == main
    assert (kind("133742"), kind("13874+"), kind("023655"), kind("067411")) == ("micro", "consolidated", "mini", "look-alike")  # fmt: skip


@pytest.mark.real
def test_no_two_main_contracts_that_are_reported_bear_the_same_plain_name(printed):
    """Of the last year, power and gas apart: their names the CFTC cuts short."""
    for language in ("en", "uk"):
        names = Counter(
            plain_name(code, row["name"], language)
            for code, row in printed.items()
            if main_code(code) == code and row["last_report_date"] >= "2025-08-01"
        )
        assert [name for name, times in names.items() if times > 1] == []
