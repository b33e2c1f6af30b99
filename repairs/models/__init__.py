"""The models of the domain, by noun."""

from repairs.models.activity import Activity, FieldChange
from repairs.models.bulk_acts import BulkAct
from repairs.models.documents import Document
from repairs.models.inventory import Condition, InventoryItem
from repairs.models.links import OrderLink
from repairs.models.notes import OrderNote
from repairs.models.numbers import NumberSequence
from repairs.models.orders import RepairOrder
from repairs.models.rules import StatusRule
from repairs.models.shops import Shop, ShopAlias
from repairs.models.statuses import StatusChange
from repairs.models.views import DefaultView, SavedView
from repairs.models.writings import OrderWriting

__all__ = [
    "Activity",
    "BulkAct",
    "Condition",
    "DefaultView",
    "Document",
    "FieldChange",
    "InventoryItem",
    "NumberSequence",
    "OrderLink",
    "OrderNote",
    "OrderWriting",
    "RepairOrder",
    "SavedView",
    "Shop",
    "ShopAlias",
    "StatusChange",
    "StatusRule",
]
