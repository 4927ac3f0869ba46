"""What an expression can ask for: every metric, the map's own facts, and figures of the layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from dashboard.analytics.limits import LimitState
from dashboard.analytics.metrics import METRICS, RETURN_KEYS, Unit
from dashboard.i18n import Text, catalogue
from dashboard.markets import BOARDS, INDUSTRY_NAMES, MARKETS
from dashboard.prices.bars import BarFlag
from dashboard.prices.quality import FLAG_RULES
from dashboard.supply_chain.models import Bottleneck, Kind, Stance, SupplyChain


class FieldKind(StrEnum):
    """What a field's values are."""

    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    MONTH = "month"
    BOOLEAN = "boolean"
    STATE = "state"
    """One of a fixed set of ids."""


@dataclass(frozen=True)
class Field:
    """One column of the screen's table.

    Attributes
    ----------
    key : the name in expressions, the column and the URL's value
    unit : of a number; None for a plain count or rank, and for what is no number
    values : id → name of every value a STATE can have
    many : a company can have several values, or none; the column holds tuples
    """

    key: str
    label: Text
    short: Text
    kind: FieldKind
    unit: Unit | None = None
    values: Mapping[str, Text] = field(default_factory=dict)
    many: bool = False


SYMBOL, KEY, NAME, ON_MAP, STALE = "symbol", "key", "name", "on_map", "stale"
MARKET, CURRENCY, BOARD, INDUSTRY = "market", "currency", "board", "industry"
LAYER, ANY_LAYER, STAGE, BOTTLENECK = "layer", "any_layer", "stage", "bottleneck"
STANCE, KIND, DOCUMENT, FLAGS = "stance", "kind", "document", "flags"
LIMIT_STATE: Final = "limit_state"
LAYER_PREFIX: Final = "layer_"
LAYER_SHARES: Final = ("layer_above_sma_20", "layer_above_sma_60", "layer_advancing")
LAYER_RANKS: Final = {"layer_rank_1m": "return_1m", "layer_rank_3m": "return_3m"}

_KINDS: Final = {
    Unit.DATE: FieldKind.DATE, Unit.MONTH: FieldKind.MONTH, Unit.STATE: FieldKind.STATE,
}  # fmt: skip
_KIND_NAMES: Final = {
    Kind.CORE: Text("文件正文", "body of a document"),
    Kind.DIGEST: Text("新聞標題", "headline"),
}


def _metric_fields() -> list[Field]:
    states = {str(state): state.label for state in LimitState}
    return [
        Field(
            metric.key,
            metric.label,
            metric.short,
            kind := _KINDS.get(metric.unit, FieldKind.NUMBER),
            metric.unit if kind is FieldKind.NUMBER else None,
            states if metric.key == LIMIT_STATE else {},
        )
        for metric in METRICS.values()
    ]


def _layer_fields() -> list[Field]:
    fields = []
    for key in RETURN_KEYS:
        label, short = METRICS[key].label, METRICS[key].short
        fields.append(
            _number(
                LAYER_PREFIX + key,
                Text(f"所屬層 {label.zh}", f"Layer: {label.en}"),
                Text(f"層 {short.zh}", f"Layer {short.en}"),
                Unit.FRACTION,
            )
        )
    shares = (
        (Text("所屬層站上月線比率", "Layer: share above SMA 20"), Text("層站上月線", "Layer >20")),
        (Text("所屬層站上季線比率", "Layer: share above SMA 60"), Text("層站上季線", "Layer >60")),
        (Text("所屬層上漲比率", "Layer: share advancing"), Text("層上漲", "Layer advancing")),
    )
    for key, (label, short) in zip(LAYER_SHARES, shares, strict=True):
        fields.append(_number(key, label, short, Unit.FRACTION))
    for key, of in LAYER_RANKS.items():
        label, short = METRICS[of].label, METRICS[of].short
        fields.append(
            _number(
                key,
                Text(f"所屬層 {label.zh}名次", f"Layer: rank by {label.en}"),
                Text(f"層名次 {short.zh}", f"Layer rank {short.en}"),
                None,
            )
        )
    return fields


def _number(key: str, label: Text, short: Text, unit: Unit | None) -> Field:
    return Field(key, label, short, FieldKind.NUMBER, unit)


Values = Callable[[SupplyChain], Mapping[str, Text]]


def _layers(chain: SupplyChain) -> Mapping[str, Text]:
    return {layer.id: layer.name for layer in chain.layers}


def _map_fields(chain: SupplyChain) -> list[Field]:
    texts = catalogue()
    markets = {one.id: Text(one.zh, one.en) for one in MARKETS.values()}
    currencies = {one.currency: Text(one.currency, one.currency) for one in MARKETS.values()}
    stances = {str(one): texts[f"evidence.stance_{one}"] for one in Stance}
    bottlenecks = {str(one): texts[f"layer.bottleneck_{one}"] for one in Bottleneck}
    flags = {
        str(flag.name).lower(): FLAG_RULES[flag].label for flag in BarFlag if flag in FLAG_RULES
    }
    return [
        _text(SYMBOL, Text("代號", "Symbol")),
        _text(KEY, Text("公司鍵", "Company key")),
        _text(NAME, Text("公司名稱", "Company name"), Text("名稱", "Name"), many=True),
        _boolean(ON_MAP, Text("在地圖上", "On the map")),
        _boolean(STALE, Text("股價過期", "Prices out of date")),
        _state(MARKET, Text("市場", "Market"), markets),
        _state(CURRENCY, Text("幣別", "Currency"), currencies),
        _state(BOARD, Text("板別", "Board"), {b.id: Text(b.zh, b.en) for b in BOARDS.values()}),
        _state(
            INDUSTRY,
            Text("產業", "Industry"),
            {zh: Text(zh, en) for zh, en in INDUSTRY_NAMES.items()},
        ),
        _state(LAYER, Text("所屬層", "Layer"), _layers(chain), many=True),
        _state(ANY_LAYER, Text("任一層", "Any layer"), _layers(chain), many=True),
        _state(STAGE, Text("階段", "Stage"), {one.id: one.name for one in chain.stages}, many=True),
        _state(BOTTLENECK, Text("瓶頸", "Bottleneck"), bottlenecks, many=True),
        _state(STANCE, Text("立場", "Stance"), stances, many=True),
        _state(KIND, Text("收錄方式", "Kind"), {str(k): _KIND_NAMES[k] for k in Kind}, many=True),
        _state(
            DOCUMENT,
            Text("文件", "Document"),
            {one.id: one.title for one in chain.documents},
            many=True,
        ),
        _state(FLAGS, Text("資料標記", "Data flags"), flags, many=True),
    ]


def _text(key: str, label: Text, short: Text | None = None, *, many: bool = False) -> Field:
    return Field(key, label, short or label, FieldKind.TEXT, many=many)


def _boolean(key: str, label: Text) -> Field:
    return Field(key, label, label, FieldKind.BOOLEAN)


def _state(key: str, label: Text, values: Mapping[str, Text], *, many: bool = False) -> Field:
    return Field(key, label, label, FieldKind.STATE, values=values, many=many)


def fields_of(chain: SupplyChain) -> Mapping[str, Field]:
    """Every field by its key: what identifies a company, its place on the map, metrics, layer."""
    fields = [*_map_fields(chain), *_metric_fields(), *_layer_fields()]
    return {one.key: one for one in fields}
