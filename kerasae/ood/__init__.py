"""How well a trained model tells strangers from what it knows."""

from kerasae.ood.report import write_own_unknown, write_unknown
from kerasae.ood.sources import Strangers, open_all, open_own, open_strangers

__all__ = ["Strangers", "open_all", "open_own", "open_strangers", "write_own_unknown", "write_unknown"]
