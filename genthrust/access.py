"""Who may open which address and socket: one row each. What has no row is for admins alone, and fails a test.

`Rule(read, write)` names what GET, HEAD and OPTIONS need, and what everything else needs. Add a row for every new
address by its name in urls.py; what the abilities mean, and which role has them, stands in people/abilities.py.
"""

from dataclasses import dataclass
from enum import Enum

from django.urls import ResolverMatch

from people.abilities import Ability

READING = ("GET", "HEAD", "OPTIONS")  # not TRACE: a view that knows no methods would act on it


class Open(Enum):
    """Doors that ask for no role."""

    TO_ANYONE = "to anyone"
    TO_THE_SIGNED_IN = "to the signed-in"


Need = Ability | Open


@dataclass(frozen=True)
class Rule:
    read: Need
    write: Need

    def need(self, method: str) -> Need:
        return self.read if method in READING else self.write


SEE, WORK, EDIT = Ability.SEE, Ability.WORK_ON_ORDERS, Ability.EDIT_ORDERS
SHOPS, MAIL, SYNC = Ability.KEEP_SHOPS, Ability.DECIDE_MAIL, Ability.STEER_SYNC
OFFICE, PEOPLE = Ability.OPEN_BACK_OFFICE, Ability.MANAGE_PEOPLE
ANYONE, SIGNED_IN = Open.TO_ANYONE, Open.TO_THE_SIGNED_IN

UNKNOWN = Rule(PEOPLE, PEOPLE)
ADMIN_SITE = Rule(OFFICE, OFFICE)
PAGES: dict[str, Rule] = {
    # Without a sign-in
    "healthz": Rule(ANYONE, ANYONE),
    "readyz": Rule(ANYONE, ANYONE),
    "favicon": Rule(ANYONE, ANYONE),
    "theme": Rule(SIGNED_IN, SIGNED_IN),
    "account_login": Rule(ANYONE, ANYONE),
    "account_inactive": Rule(ANYONE, ANYONE),
    "account_signup": Rule(ANYONE, ANYONE),  # these lead nowhere
    "account_reset_password": Rule(ANYONE, ANYONE),
    "account_set_password": Rule(ANYONE, ANYONE),
    "account_email": Rule(ANYONE, ANYONE),
    "microsoft_login": Rule(ANYONE, ANYONE),
    "microsoft_callback": Rule(ANYONE, ANYONE),
    # One's own account
    "account_logout": Rule(SIGNED_IN, SIGNED_IN),
    "account_change_password": Rule(SIGNED_IN, SIGNED_IN),
    # repairs
    "dashboard": Rule(SEE, SEE),
    "order": Rule(SEE, EDIT),
    "order-field": Rule(SEE, EDIT),
    "order-parts": Rule(SEE, SEE),
    "order-undo": Rule(SEE, WORK),  # which acts, repairs.orders.may_undo says
    "order-link": Rule(SEE, EDIT),
    "order-unlink": Rule(SEE, EDIT),
    "order-label": Rule(SEE, SEE),
    "order-new": Rule(EDIT, EDIT),
    "order-known": Rule(EDIT, EDIT),
    "order-status": Rule(SEE, WORK),
    "order-note": Rule(SEE, WORK),
    "order-tracking": Rule(SEE, WORK),
    "order-documents": Rule(SEE, WORK),
    "document": Rule(SEE, SEE),
    "document-remove": Rule(SEE, WORK),
    "document-restore": Rule(SEE, WORK),
    "document-carry": Rule(SEE, WORK),
    "order-sheet": Rule(SEE, EDIT),
    "bulk": Rule(SEE, WORK),
    "bulk-results": Rule(SEE, SEE),
    "bulk-undo": Rule(SEE, WORK),
    "export-csv": Rule(SEE, SEE),  # a selection is posted, and nothing is changed
    "export-xlsx": Rule(SEE, SEE),
    "views": Rule(SEE, SEE),  # everybody keeps views of their own
    "view": Rule(SEE, SEE),
    "feed": Rule(SEE, SEE),
    "feed-act": Rule(SEE, WORK),
    "palette": Rule(SEE, SEE),
    "inventory": Rule(SEE, SEE),
    "inventory-item": Rule(SEE, SEE),
    "shops": Rule(SEE, SEE),
    "shop": Rule(SEE, SHOPS),
    "shop-new": Rule(SHOPS, SHOPS),
    "shop-merge": Rule(SEE, SHOPS),
    # sync
    "runs": Rule(SEE, SEE),
    "runs-live": Rule(SEE, SEE),
    "run": Rule(SEE, SEE),
    "run-retry": Rule(SEE, SYNC),
    "run-cancel": Rule(SEE, SYNC),
    "compare": Rule(SEE, SYNC),
    "attention": Rule(SEE, SEE),
    "attention-decide": Rule(SEE, SYNC),
    "order-excel": Rule(SEE, SEE),
    # notifications
    "queue": Rule(SEE, SEE),
    "queue-bell": Rule(SEE, SEE),
    "queue-panel": Rule(SEE, SEE),
    "queue-combine": Rule(SEE, MAIL),
    "queue-approve-all": Rule(SEE, MAIL),
    "notification": Rule(SEE, SEE),
    "notification-edit": Rule(SEE, MAIL),
    "notification-approve": Rule(SEE, MAIL),
    "notification-reject": Rule(SEE, MAIL),
    "notification-retry": Rule(SEE, MAIL),
    "notification-withdraw": Rule(SEE, MAIL),
    "notification-done": Rule(SEE, WORK),
    "notification-resolve": Rule(SEE, MAIL),
    "order-mail": Rule(SEE, SEE),
    "order-mail-write": Rule(SEE, MAIL),
    "order-mail-refresh": Rule(SEE, SEE),
    "order-remind": Rule(SEE, WORK),
    "follow-up-forget": Rule(SEE, WORK),
    # ai: everybody asks in conversations of their own; what they may do there, each tool and proposal asks anew
    "draft-words": Rule(SEE, MAIL),
    "assistant": Rule(SEE, SEE),
    "assistant-panel": Rule(SEE, SEE),
    "assistant-ask": Rule(SEE, SEE),
    "conversation": Rule(SEE, SEE),
    "conversation-delete": Rule(SEE, SEE),
    "turn": Rule(SEE, SEE),
    "turn-stop": Rule(SEE, SEE),
    "proposal-confirm": Rule(SEE, SEE),
    "proposal-discard": Rule(SEE, SEE),
    "research": Rule(SEE, SEE),
    "research-panel": Rule(SEE, SEE),
    "brief": Rule(SEE, SEE),
    "brief-save": Rule(SEE, WORK),
}

# The WebSockets, by their routes.
SOCKETS: dict[str, Need] = {"ws/runs/": SEE, "ws/assistant/": SEE}

# What the models need in Admin, by "app.model": to be looked at, and to be added, changed or deleted there. Most of
# them refuse the latter to everybody; what has no row is for admins alone, and fails a test.
MODELS: dict[str, Rule] = {
    "account.emailaddress": Rule(PEOPLE, PEOPLE),
    "socialaccount.socialaccount": Rule(PEOPLE, PEOPLE),
    "people.invitation": Rule(PEOPLE, PEOPLE),
    "people.microsoftsignin": Rule(PEOPLE, PEOPLE),
    "django_dramatiq.task": Rule(PEOPLE, PEOPLE),
    "auth.user": Rule(PEOPLE, PEOPLE),
    "people.accountevent": Rule(PEOPLE, PEOPLE),
    "auth.group": Rule(PEOPLE, PEOPLE),
    "repairs.repairorder": Rule(OFFICE, EDIT),
    "repairs.shop": Rule(OFFICE, SHOPS),
    "repairs.shopalias": Rule(OFFICE, SHOPS),
    "repairs.statusrule": Rule(OFFICE, OFFICE),
    "repairs.inventoryitem": Rule(OFFICE, OFFICE),
    "repairs.activity": Rule(OFFICE, OFFICE),
    "repairs.fieldchange": Rule(OFFICE, OFFICE),
    "repairs.statuschange": Rule(OFFICE, OFFICE),
    "repairs.ordernote": Rule(OFFICE, OFFICE),
    "repairs.orderlink": Rule(OFFICE, EDIT),
    "repairs.document": Rule(OFFICE, WORK),
    "sync.replica": Rule(OFFICE, SYNC),
    "sync.workbook": Rule(OFFICE, SYNC),
    "sync.upload": Rule(OFFICE, EDIT),
    "sync.oddrow": Rule(OFFICE, EDIT),
    "sync.run": Rule(OFFICE, SYNC),
    "sync.runstep": Rule(OFFICE, SYNC),
    "notifications.mailtemplate": Rule(OFFICE, MAIL),
    "notifications.followup": Rule(OFFICE, WORK),
    "notifications.outlookitem": Rule(OFFICE, OFFICE),
    "notifications.notification": Rule(OFFICE, MAIL),
    "notifications.delivery": Rule(OFFICE, MAIL),
    "notifications.conversation": Rule(OFFICE, OFFICE),
    "notifications.conversationmessage": Rule(OFFICE, OFFICE),
    "ai.use": Rule(PEOPLE, PEOPLE),  # it holds the words of private conversations
}


# The pages that Admin makes for each model: who may look at the model comes in, and what they may do there Django asks
# by the same row (genthrust.permissions).
ACTS = ("changelist", "add", "change", "delete", "history", "export")
MODEL_PAGES: dict[str, Rule] = {
    f"{name.replace('.', '_')}_{act}": Rule(rule.read, rule.read)
    for name, rule in MODELS.items()
    for act in ACTS
}
# And its other pages, by their names in Admin.
ADMIN_PAGES: dict[str, Rule] = {
    "index": ADMIN_SITE,
    "app_list": ADMIN_SITE,
    "search": ADMIN_SITE,
    "autocomplete": ADMIN_SITE,  # by the models' own permissions
    "jsi18n": ADMIN_SITE,
    "view_on_site": ADMIN_SITE,
    "login": ADMIN_SITE,
    "logout": ADMIN_SITE,
    "password_change": ADMIN_SITE,
    "password_change_done": ADMIN_SITE,
    "auth_user_password_change": Rule(PEOPLE, PEOPLE),
    "repairs_repairorder_undo_page": Rule(OFFICE, EDIT),
    "repairs_shop_merge_page": Rule(OFFICE, SHOPS),
    "sync_differences": ADMIN_SITE,
    "sync_differences_settle": Rule(OFFICE, EDIT),
    "sync_odd_rows_decide": Rule(OFFICE, EDIT),
    "sync_run_undo_page": Rule(OFFICE, SYNC),
    "sync_upload_new": Rule(OFFICE, EDIT),
    "sync_upload_report": Rule(OFFICE, EDIT),
    "notifications_mailtemplate_preview": Rule(OFFICE, MAIL),
}


def rule_of(match: ResolverMatch | None) -> Rule:
    """The row of an address that was resolved."""
    if match is None:
        return UNKNOWN
    if match.namespace == "admin":
        return _rule_in_admin(match.url_name)
    return PAGES.get(match.view_name, UNKNOWN)


def _rule_in_admin(name: str | None) -> Rule:
    """Without a name is what only leads on, or is not there."""
    if name is None:
        return ADMIN_SITE
    return MODEL_PAGES.get(name) or ADMIN_PAGES.get(name, UNKNOWN)
