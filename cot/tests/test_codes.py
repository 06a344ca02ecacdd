"""Contract codes as people type them."""

from __future__ import annotations

import pytest

from cot.catalogue.codes import typed


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("088691", ["088691"]),
        (" 88691", ["088691", "88691+"]),
        ("1602", ["001602"]),
        ("13874a", ["13874A"]),
        ("63ca", ["63CA", "0063CA"]),
        ("22A13", ["22A13", "022A13"]),
        ("6E", ["6E"]),
        ("13874+", ["13874+"]),
        ("13874 ", ["13874+", "013874"]),  # a plus sign as a query reads it
        ("0886911", ["0886911"]),
        ("\u0661\u0662", ["\u0661\u0662"]),  # digits of another script are none
        ("", [""]),
    ],
)
def test_zeros_capitals_blanks_and_the_plus_sign_are_put_back(text, codes):
    assert typed(text) == codes
