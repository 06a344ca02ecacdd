"""What is kept of the Commitments of Traders, and what the database refuses.

Facts (`Observation`) are the CFTC's numbers as printed; everything else about a market is derived and can be rebuilt.
"""

from cot.models.choices import Category, CategoryBasis, ReportType, Subtype
from cot.models.markets import CODE_PATTERN, Lineage, Market, MarketName, WatchItem
from cot.models.reports import BoardRow, CropSplit, Observation, ObservationVersion, SourceFile
from cot.models.runs import FeedTurn, QuarantinedRow, ReleaseNotice, ReviewItem

__all__ = [
    "CODE_PATTERN",
    "BoardRow",
    "Category",
    "CategoryBasis",
    "CropSplit",
    "FeedTurn",
    "Lineage",
    "Market",
    "MarketName",
    "Observation",
    "ObservationVersion",
    "QuarantinedRow",
    "ReleaseNotice",
    "ReportType",
    "ReviewItem",
    "SourceFile",
    "Subtype",
    "WatchItem",
]
