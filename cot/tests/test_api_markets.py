"""Markets, weeks, board and downloads over the API."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta

import pyarrow.parquet as pq
import pytest
from django.core.management import call_command

from core import versions
from cot.api import static_json
from cot.models import CropSplit, Observation, ObservationVersion
from cot.pipeline import deriving
from cot.tests.stored import instant, market, observation, source_file
from cot.variants import VARIANTS

pytestmark = pytest.mark.django_db
PREFIX = "/api/v1/cot"
FIRST = date(2025, 1, 7)
NETS = [10, 20, 15, 30]  # of managed money, oldest first


@pytest.fixture
def stored():
    """Four weeks of gold, one of the E-mini in legacy, and of a consolidated code."""
    gold, plus = (
        market(),
        market("13874+", name="S&P 500 CONSOLIDATED", category="indices", primary_report="tff"),
    )
    file = source_file()
    for n, net in enumerate(NETS):
        observation(
            gold, FIRST + timedelta(weeks=n), file, open_interest=100 + n, oi_change=1 if n else None,
            g3_long=net + 5, g3_short=5, g3_long_change=net if n else None, g3_short_change=0 if n else None,
            g3_traders_long=None, g1_long=1, g1_short=2, conc_gross4_long="12.5",
        )  # fmt: skip
    observation(plus, FIRST, source_file("tff"), g3_long=7, g3_short=9)
    deriving.rebuild_board(VARIANTS.values())
    versions.bump("cot")
    return gold


def get(client, path, **query):
    return client.get(f"{PREFIX}/{path}", query)


def test_a_market_is_called_as_traders_call_it_in_the_language_of_the_request(api, owner, stored):
    """On the board, in the list, in detail and on the dashboard; the CFTC's own name stays beside it."""
    for language, name in (("en", "Gold"), ("uk", "Золото")):
        asked = {"headers": {"Accept-Language": language}}
        client = api(owner)
        [row] = client.get(f"{PREFIX}/screener/disagg/fo", **asked).json()["items"]
        [listed] = client.get(f"{PREFIX}/markets/disagg/fo", **asked).json()
        market_of = client.get(f"{PREFIX}/markets/disagg/fo/088691", **asked).json()["market"]
        head = client.get(f"{PREFIX}/dashboard/088691", **asked).json()["market"]
        for found in (row, listed, market_of, head):
            assert (found["name"], found["plain_name"], found["ticker"], found["main_code"]) == ("GOLD", name, "GC", "088691")  # fmt: skip


def test_a_consolidated_market_has_no_ticker_and_names_its_main_contract(api, owner, stored):
    [row] = get(api(owner), "screener/tff/fo").json()["items"]
    assert (row["plain_name"], row["ticker"], row["main_code"]) == ("S&P 500, consolidated", None, "13874A")  # fmt: skip


def test_the_majors_are_a_universe_of_board_and_list_that_has_to_be_asked_for(api, owner, stored):
    client = api(owner)

    def codes(path: str, **query: str) -> list[str]:
        found = get(client, path, **query).json()
        return [each["code"] for each in (found if isinstance(found, list) else found["items"])]

    assert codes("screener-v2") == ["13874+", "088691"]
    assert codes("screener-v2", universe="majors") == ["088691"]
    assert codes("screener-v2", universe="majors", as_of="2025-02-10") == ["088691"]
    assert codes("markets/tff/fo") == ["13874+"]
    assert codes("markets/tff/fo", universe="majors") == []


def test_the_list_of_a_variant_names_its_markets_with_their_own_dates(api, owner, stored):
    [body] = get(api(owner), "markets/disagg/fo").json()
    assert (body["code"], body["first_date"], body["last_date"]) == (
        "088691",
        "2025-01-07",
        "2025-01-28",
    )
    assert (body["report_type_display"], body["subtype_display"]) == (
        "Disaggregated",
        "Futures Only",
    )
    assert get(api(owner), "markets/disagg/fo", q="silver").json() == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("markets/daily/fo", 422),
        ("markets/disagg/xx", 422),
        ("markets/legacy/fo", 404),
        ("screener/legacy/co", 404),
    ],
)
def test_a_bad_literal_is_422_and_an_empty_variant_404(api, owner, stored, path, status):
    assert get(api(owner), path).status_code == status


def test_weeks_come_newest_first_with_the_display_index_over_what_the_window_holds(
    api, owner, stored
):
    """30 is the highest of four nets, 15 lies half way between 10 and 20."""
    body = get(api(owner), "markets/disagg/fo/088691").json()
    assert [week["g3_net"] for week in body["weeks"]] == NETS[::-1]
    assert [week["cot_index_g3_1y"] for week in body["weeks"]] == [100.0, 50.0, 100.0, None]
    assert body["weeks"][0]["crowded_g3"] == {"value": 100.0, "signal": None, "full": False}
    assert body["meta"]["reasons"]["cot_index_g3_1y"] == [
        {"reason": "window", "first": "2025-01-07", "last": "2025-01-07"}
    ]
    assert (body["prices"], body["meta"]["reasons"]["prices"]) == (None, "no_price")


def test_statistics_are_over_all_weeks_whatever_is_asked_for(api, owner, stored):
    """Net 10, 20, 15, 30 has the mean 18.75, shown as 19."""
    body = get(api(owner), "markets/disagg/fo/088691", weeks=1).json()
    assert len(body["weeks"]) == 1
    assert body["stats"]["g3_net"] == {
        "max": 30,
        "min": 10,
        "max_5y": 30,
        "min_5y": 10,
        "avg_13w": 19,
    }


def test_dates_choose_weeks_and_a_reversed_range_is_400(api, owner, stored):
    client = api(owner)
    weeks = get(
        client, "markets/disagg/fo/088691", date_from="2025-01-14", date_to="2025-01-21"
    ).json()["weeks"]
    assert [week["date"] for week in weeks] == ["2025-01-21", "2025-01-14"]
    answer = get(client, "markets/disagg/fo/088691", date_from="2025-02-01", date_to="2025-01-01")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_range")


def test_strict_leaves_out_uncertain_weeks_and_documented_those_of_the_rule_too(api, owner, stored):
    rows = Observation.objects.filter(market="088691", report_type="disagg", subtype="fo")
    Observation.objects.filter(report_date=FIRST).update(release_source="announced")
    newest = rows.order_by("report_date").last().report_date
    Observation.objects.filter(report_date=newest).update(release_uncertain=True)
    all_days, strict, documented = (
        [
            week["date"]
            for week in get(api(owner), "markets/disagg/fo/088691", strict=word).json()["weeks"]
        ]
        for word in ("false", "true", "documented")
    )
    assert strict == [day for day in all_days if day != str(newest)]
    assert len(strict) > 1
    assert documented == ["2025-01-07"]
    answer = get(api(owner), "markets/disagg/fo/088691", strict="perhaps")
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("as_of", "status"),
    [
        ("2025-01-20", 200), ("2025-01-21", 400), ("2025-01-21T04:59:59Z", 200), ("2025-01-21T05:00:00Z", 400),
        ("2099-01-01", 400),
    ],
)  # fmt: skip
def test_what_will_be_public_after_today_in_new_york_is_not_known(
    api, owner, web, stored, monkeypatch: pytest.MonkeyPatch, as_of, status
):
    """The day ends there at five in the morning, UTC. Endpoint and file refuse; a page says so and shows now."""
    now = datetime(2025, 1, 21, 2, tzinfo=UTC)  # nine in the evening of the 20th in New York
    today = "cot.parameters.timezone.localdate"
    monkeypatch.setattr(today, lambda timezone: now.astimezone(timezone).date())
    client = api(owner)
    answers = [get(client, "markets/disagg/fo/088691", as_of=as_of)]
    answers.append(web(owner).get("/cot/board.csv", {"as_of": as_of}))
    page = web(owner).get("/cot/088691/", {"as_of": as_of})
    assert {answer.status_code for answer in (*answers, page)} == {status}
    assert ("lies in the future" in page.text) is (status == 400)
    assert ('class="band as-of"' in page.text) is (status == 200)
    if status == 400:
        error = answers[0].json()["error"]
        assert (error["code"], list(error["details"])) == ("invalid_datetime", ["as_of"])


def test_as_of_answers_with_only_what_was_public_then(api, owner, stored):
    """Stored by the rule, the report of 2025-01-07 is public on Friday the 10th, that of the 14th on the 17th."""
    client = api(owner)
    path = "markets/disagg/fo/088691"
    assert get(client, path, as_of="2025-01-09").status_code == 404
    assert [w["g3_net"] for w in get(client, path, as_of="2025-01-17").json()["weeks"]] == [20, 10]
    assert [
        w["g3_net"] for w in get(client, path, as_of="2025-01-17T20:29:59Z").json()["weeks"]
    ] == [10]


def test_a_replaced_number_is_still_the_truth_of_its_time(api, owner, stored):
    week = stored.observations.get(report_date=FIRST)
    ObservationVersion.objects.create(
        observation=week, version=1, facts={"open_interest": 90, "g3_long": 99, "g3_short": 9}, known_at=week.known_at,
        superseded_at=instant(2025, 1, 20), source_file=week.source_file, source_line=1,
    )  # fmt: skip
    Observation.objects.filter(pk=week.pk).update(version=2, known_at=instant(2025, 1, 20))
    client = api(owner)
    [then] = get(client, "markets/disagg/fo/088691", as_of="2025-01-16").json()["weeks"]
    assert (then["g3_net"], then["version"], then["known_at"]) == (90, 1, "2025-01-10T20:30:00Z")
    after = get(client, "markets/disagg/fo/088691", as_of="2025-01-21").json()["weeks"][-1]
    assert (after["g3_net"], after["version"], after["known_at"]) == (10, 2, "2025-01-20T00:00:00Z")
    [line] = csv.DictReader(
        io.StringIO(download(client, codes="088691", as_of="2025-01-16").decode())
    )
    assert (line["g3_long"], line["version"], line["known_at"]) == (
        "99",
        "1",
        "2025-01-10T20:30:00Z",
    )


@pytest.mark.parametrize("text", ["yesterday", "2025-13-01", "2025-01-17T20:00:00 02:00", "9" * 30])
def test_a_bad_instant_is_400_even_when_its_plus_became_a_space(api, owner, stored, text):
    answer = get(api(owner), "markets/disagg/fo/088691", as_of=text)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_datetime")


@pytest.mark.parametrize("code", ["13874%2B", "13874+"])
def test_a_code_with_a_plus_sign_works_both_ways(api, owner, stored, code):
    answer = api(owner).get(f"{PREFIX}/markets/tff/fo/{code}")
    assert (answer.status_code, answer.json()["market"]["code"]) == (200, "13874+")


@pytest.mark.parametrize("code", ["099741", "13874Z", "x", "0886911"])
def test_an_unknown_or_misspelt_code_is_404_by_name(api, owner, stored, code):
    answer = api(owner).get(f"{PREFIX}/markets/disagg/fo/{code}")
    assert (answer.status_code, answer.json()["detail"]) == (404, f"Market {code} not found")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("markets/disagg/fo/88691", "088691"),
        ("markets/tff/fo/13874", "13874+"),
        ("markets/tff/fo/13874%2B", "13874+"),
        ("dashboard/88691", "088691"),
    ],
)
def test_a_code_is_found_as_people_type_it(api, owner, stored, path, code):
    answer = api(owner).get(f"{PREFIX}/{path}")
    assert (answer.status_code, answer.json()["market"]["code"]) == (200, code)


def test_codes_of_an_export_may_have_blanks_lost_zeros_and_a_plain_plus(api, owner, stored):
    def codes(report: str, asked: str) -> set[str]:
        answer = api(owner).get(f"{PREFIX}/export/{report}/fo?codes={asked}&format=csv")
        lines = list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
        return {line["code"] for line in lines}

    assert codes("disagg", "88691,%20002602") == codes("disagg", "088691,002602")
    assert codes("disagg", "88691") == {"088691"}
    assert codes("tff", "13874+") == codes("tff", "13874%2B") == {"13874+"}
    assert codes("disagg", "088691&codes=002602") == codes("disagg", "88691,002602")


def test_an_export_loses_no_code_that_was_asked_for(api, owner, stored):
    """One that the report does not hold is an error that names the reports that do, and so are commas without a code."""
    for asked, status in (("13874%2B,088691", 404), ("999999", 404), (",", 422)):
        answer = api(owner).get(f"{PREFIX}/export/tff/fo?codes={asked}&format=csv")
        assert answer.status_code == status, asked
        if "088691" in asked:
            assert "disagg_fo" in answer.json()["error"]["details"]["available"]


def test_a_market_that_another_report_holds_is_named_with_it(api, owner, stored):
    answer = get(api(owner), "markets/legacy/fo/88691")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (404, "not_found")
    assert "disagg_fo" in error["details"]["available"]


def test_pages_of_the_board_together_are_the_whole_board(api, owner, stored):
    """0 = all."""
    client = api(owner)
    whole = get(client, "screener-v2", universe="all").json()
    pages = [get(client, "screener-v2", universe="all", limit=1, offset=n).json() for n in range(3)]
    assert whole["total"] == 2
    assert [row["code"] for page in pages for row in page["items"]] == [
        row["code"] for row in whole["items"]
    ]


def test_the_board_of_a_report_and_the_best_report_board_have_their_own_fields(api, owner, stored):
    client = api(owner)
    [row] = get(client, "screener/disagg/fo").json()["items"]
    assert (row["g3_net"], row["cot_g3_1y"], row["release_source"]) == (30, 100.0, "derived")
    assert "spec_net" not in row
    best = {row["code"]: row for row in get(client, "screener-v2").json()["items"]}
    assert [
        row["code"] for row in get(client, "screener-v2", report_type="disagg").json()["items"]
    ] == ["088691"]
    assert get(client, "screener-v2", report_type="legacy").json()["items"] == []
    assert (
        best["088691"]["primary_report"],
        best["088691"]["spec_net"],
        best["088691"]["spark"],
    ) == (
        "disagg",
        30,
        NETS,
    )


@pytest.mark.parametrize(
    "query",
    [
        {"sort": "nonsense"},
        {"signal": "HOLD"},
        {"report_type": "x"},
        {"stats": "x"},
        {"min_oi": "-1"},
    ],
)
def test_a_bad_or_misspelt_filter_of_the_board_is_422(api, owner, stored, query):
    assert get(api(owner), "screener-v2", **query).status_code == 422


def test_a_client_that_has_this_data_version_gets_304_until_the_data_changes(api, owner, stored):
    client = api(owner)
    tag = get(client, "markets/disagg/fo/088691")["ETag"]
    assert (
        client.get(f"{PREFIX}/markets/disagg/fo/088691", HTTP_IF_NONE_MATCH=tag).status_code == 304
    )
    versions.bump("cot")
    assert (
        client.get(f"{PREFIX}/markets/disagg/fo/088691", HTTP_IF_NONE_MATCH=tag).status_code == 200
    )


def test_another_person_without_the_module_never_gets_a_304(api, owner, guest, stored):
    tag = get(api(owner), "markets/disagg/fo/088691")["ETag"]
    assert (
        api(guest).get(f"{PREFIX}/markets/disagg/fo/088691", HTTP_IF_NONE_MATCH=tag).status_code
        == 403
    )


def download(client, **query):
    answer = get(client, "export/disagg/fo", **query)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


@pytest.mark.parametrize("fields", ["facts", "basic", "full"])
def test_csv_json_and_parquet_hold_the_numbers_of_the_api(api, owner, stored, fields):
    """One number, the same characters everywhere."""
    client = api(owner)
    weeks = get(client, "markets/disagg/fo/088691", fields=fields).json()["weeks"][::-1]
    rows = json.loads(download(client, format="json", fields=fields))
    table = pq.read_table(io.BytesIO(download(client, format="parquet", fields=fields))).to_pylist()
    lines = list(csv.DictReader(io.StringIO(download(client, fields=fields).decode())))
    for week, row, typed, line in zip(weeks, rows, table, lines, strict=True):
        for name in set(week) & set(row) - {"release_at", "known_at"} - {
            f"crowded_g{k}" for k in range(1, 6)
        }:
            assert week[name] == row[name] == typed[name]
            assert line[name] == ("" if row[name] is None else json.dumps(row[name]).strip('"'))


def test_every_line_of_a_file_says_which_market_and_groups_it_is_of(api, owner, stored):
    """The same in every form; whole names, so that nobody needs a second file to read the first."""
    client = api(owner)
    about = {
        "code": "088691", "name": "GOLD", "exchange": "COMMODITY EXCHANGE INC.", "units": "(100 TROY OUNCES)",
        "category": "metals", "g1_name": "Producer/Merchant", "g2_name": "Swap Dealers", "g3_name": "Managed Money",
        "g4_name": "Other Reportables", "g5_name": "Non-Reportable",
    }  # fmt: skip
    type(stored).objects.filter(pk="088691").update(units=about["units"])
    lines = list(csv.DictReader(io.StringIO(download(client).decode())))
    rows = json.loads(download(client, format="json"))
    typed = pq.read_table(io.BytesIO(download(client, format="parquet"))).to_pylist()
    for found in (*lines, *rows, *typed):
        assert dict(list(found.items())[: len(about)]) == about


def test_a_file_for_a_spreadsheet_keeps_codes_as_text(api, owner, stored):
    client = api(owner)
    for_people = list(csv.DictReader(io.StringIO(download(client, spreadsheet="true").decode())))
    for_programs = list(csv.DictReader(io.StringIO(download(client).decode())))
    assert {line["code"] for line in for_people} == {'="088691"'}
    assert {line["code"] for line in for_programs} == {"088691"}
    rows = json.loads(download(client, format="json", spreadsheet="true"))
    assert {row["code"] for row in rows} == {"088691"}


def test_the_command_writes_the_same_file_and_keeps_codes_as_text_where_asked(stored, tmp_path):
    """Codes as people type them; nothing half-written stays behind."""
    plain, sheet = tmp_path / "plain.csv", tmp_path / "sheet.csv"
    call_command("export_cot", "disagg_fo", str(plain), codes=["88691"])
    call_command("export_cot", "disagg_fo", str(sheet), codes=["088691"], spreadsheet=True)
    lines = plain.read_text().splitlines()
    assert (len(lines), lines[1].partition(",")[0]) == (5, "088691")
    assert sheet.read_text() == plain.read_text().replace("\n088691,", '\n"=""088691""",')
    assert sorted(tmp_path.iterdir()) == [plain, sheet]


@pytest.fixture
def harvest(stored):
    """Gold's second week as if it had harvests: 60 of 101 contracts in the old crop year; before, 50 were printed."""
    week = Observation.objects.get(report_date=FIRST + timedelta(weeks=1))
    fields = VARIANTS["disagg_fo"].crop_fields

    def crop(interest: int) -> list[float | None]:
        return [interest if name == "open_interest" else None for name in fields]

    CropSplit.objects.create(observation=week, old=crop(60), other=crop(41))
    was = {"old": {"open_interest": 50}, "other": {"open_interest": 51}}
    week.versions.create(
        version=1, facts={"open_interest": 101, "crop": {k: dict.fromkeys(fields) | v for k, v in was.items()}},
        known_at=week.known_at, superseded_at=week.known_at + timedelta(days=10),
        source_file=week.source_file, source_line=1,
    )  # fmt: skip
    Observation.objects.filter(pk=week.pk).update(
        version=2, known_at=week.known_at + timedelta(days=10)
    )
    versions.bump("cot")
    return week


def test_old_and_other_crop_years_are_in_api_and_files(api, owner, harvest):
    """Full asks for them; a week that all belongs to one crop year has none, nor has a financial report."""
    client = api(owner)
    weeks = get(client, "markets/disagg/fo/088691", fields="full").json()["weeks"][::-1]
    found = [week["crop_years"] for week in weeks]
    assert [found[place] for place in (0, 2, 3)] == [None] * 3
    assert (found[1]["old"]["open_interest"], found[1]["other"]["open_interest"]) == (60, 41)
    lines = list(csv.DictReader(io.StringIO(download(client, fields="full").decode())))
    assert [line["old_open_interest"] for line in lines] == ["", "60", "", ""]
    assert [line["other_open_interest"] for line in lines] == ["", "41", "", ""]
    typed = pq.read_table(io.BytesIO(download(client, fields="full", format="parquet")))
    assert typed.column("other_open_interest").to_pylist() == [None, 41, None, None]
    assert "crop_years" not in get(client, "markets/disagg/fo/088691").json()["weeks"][0]
    assert "old_open_interest" not in download(client).decode()
    assert (
        "crop_years" not in get(client, "markets/tff/fo/13874+", fields="full").json()["weeks"][0]
    )


def test_crop_years_at_an_instant_are_those_printed_then(api, owner, harvest):
    client, then = api(owner), harvest.known_at + timedelta(days=1)
    weeks = get(client, "markets/disagg/fo/088691", fields="full", as_of=then.isoformat()).json()
    assert weeks["weeks"][0]["crop_years"]["old"]["open_interest"] == 50
    text = download(client, fields="full", as_of=then.isoformat()).decode()
    assert [line["old_open_interest"] for line in csv.DictReader(io.StringIO(text))] == ["", "50"]


def test_an_export_that_is_too_large_says_what_to_do(api, owner, stored, monkeypatch):
    monkeypatch.setattr("cot.selectors.exports.MOST_ROWS", 3)
    answer = get(api(owner), "export/disagg/fo")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "export_too_large")
    assert "export_cot" in answer.json()["detail"]
    assert answer.json()["error"]["details"] == {"non_field_errors": [answer.json()["detail"]]}


def test_static_files_are_the_bodies_of_the_api(api, owner, stored, tmp_path):
    assert static_json.write(tmp_path, [VARIANTS["disagg_fo"]]) == 4
    body = get(api(owner), "markets/disagg/fo/088691").json()
    body["meta"].pop("as_of")
    assert json.loads((tmp_path / "market_088691_disagg_fo.json").read_text()) == body
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize(
    "path", ["markets/disagg/fo", "markets/disagg/fo/088691", "screener/disagg/fo", "screener-v2"]
)
def test_without_token_401_and_without_module_403(api, guest, stored, path):
    assert get(api(), path).status_code == 401
    assert get(api(guest), path).status_code == 403


def test_the_dashboard_of_a_market_is_on_its_primary_report_with_weeks_oldest_first(
    api, owner, stored
):
    """30 of 10, 20, 15, 30 has rank 87.5, but a window of four is not full at 52."""
    client = api(owner)
    body = get(client, "dashboard/088691").json()
    assert [week["g3_net"] for week in body["weeks"]] == NETS
    assert (body["market"]["primary_report"], body["market"]["available_reports"]) == (
        "disagg",
        ["disagg_fo"],
    )
    assert (body["key"]["net"]["value"], body["key"]["rank"], body["key"]["n"]) == (30, None, 4)
    assert get(client, "dashboard/088691", lookback=4).json()["key"]["rank"] == 87.5
    assert body["meta"]["published_at"] is None  # only derived


def test_a_report_the_market_is_not_in_is_422_with_what_there_is(api, owner, stored):
    answer = get(api(owner), "dashboard/088691", report_type="tff")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "report_not_available")
    assert answer.json()["error"]["details"] == {"available": ["disagg_fo"]}


@pytest.mark.parametrize(
    "query", [{"group": "g9"}, {"range": "7Y"}, {"lookback": "1"}, {"lookback": "x"}]
)
def test_a_bad_choice_of_the_dashboard_is_422(api, owner, stored, query):
    assert get(api(owner), "dashboard/088691", **query).status_code == 422


def test_definitions_come_with_formula_and_place_in_the_guide(api, owner):
    found = {entry["key"]: entry for entry in get(api(owner), "definitions").json()}
    assert found["gk_net"]["page_anchor"] == "/cot/guide/report/#gk_net"
    assert all(entry["formula"] and entry["null_rule"] for entry in found.values())


def test_definitions_come_in_the_language_asked_for(api, owner):
    """Russian falls back to English."""
    names = {
        lang: get(api(owner), "definitions", **({"lang": lang} if lang else {})).json()[0]["name"]
        for lang in ("", "en", "uk", "ru")
    }
    assert names["uk"] != names["en"] == names["ru"] == names[""]
    assert get(api(owner), "definitions", lang="tlh").status_code == 422
