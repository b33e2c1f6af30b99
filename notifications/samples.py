"""How a template would read: its words about orders that there are, shown before anybody saves them."""

from django.utils.safestring import SafeString

from notifications import combine, mail_html, texts
from notifications.models import MailTemplate
from notifications.texts import COMBINED
from repairs.errors import Refusal
from repairs.models import RepairOrder, Shop

ROWS = 2  # of the table of a mail about several orders
LOOKED_THROUGH = 100  # of the newest orders, for two of one shop


class NothingToShow(Refusal):
    """There is no order yet that the words could be about."""


def letter(template: MailTemplate) -> tuple[str, SafeString]:
    """Subject and body on the newest fitting order, for a page of ours; on two orders for the template COMBINED.

    The template need not be saved. Raises Refusal for words that are not possible, NothingToShow without any order.
    """
    texts.check(template.subject, template.body, key=template.key)
    rows: list[combine.Row] = []
    if template.key == COMBINED:
        shop, orders = _of_one_shop()
        rows = [combine.row_of(order) for order in orders]
        words = texts.write_combined(template, shop, [order.number for order in orders], person=None)
    else:
        words = texts.write(template, _about(template), person=None)
    return words.subject, mail_html.shown(mail_html.html(mail_html.paragraphs(words.body), rows))


def _about(template: MailTemplate) -> RepairOrder:
    order = RepairOrder.objects.filter(status=template.key).first() or RepairOrder.objects.first()
    if order is None:
        raise NothingToShow("There is no order yet.")
    return order


def _of_one_shop() -> tuple[Shop, list[RepairOrder]]:
    """A shop with its newest orders: one that has several, else that of the newest order."""
    of_shop: dict[Shop, list[RepairOrder]] = {}
    for order in RepairOrder.objects.select_related("shop")[:LOOKED_THROUGH]:
        if order.shop is not None:
            of_shop.setdefault(order.shop, []).append(order)
    if not of_shop:
        raise NothingToShow("There is no order with a shop yet.")
    shop = next((shop for shop, orders in of_shop.items() if len(orders) >= ROWS), next(iter(of_shop)))
    return shop, sorted(of_shop[shop][:ROWS], key=lambda order: order.number)
