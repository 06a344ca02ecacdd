"""Answers of success in the OpenAPI document, for the operations that somebody who writes a client meets first.

`examples.json` holds them by operation and status, as the product gave them to a client with `X-Client: mobile`; tokens
are replaced by words, long lists cut to their last two.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.schema import METHODS

FILE = Path(__file__).with_suffix(".json")


def document_examples(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """drf-spectacular's postprocessing hook: the example stands beside the schema it is one of."""
    examples = json.loads(FILE.read_text(encoding="utf-8"))
    for path in result["paths"].values():
        for operation in (path[method] for method in METHODS if method in path):
            for status, example in examples.get(operation["operationId"], {}).items():
                operation["responses"][status]["content"]["application/json"]["example"] = example
    return result
