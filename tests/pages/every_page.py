"""Every address that is read, by its name in urls.py: how it is asked for, and what htmx gets of it."""

from tests.pages.busy import PART

WHOLE = ""  # a page that htmx never asks for in part
FRAGMENT = "a fragment"  # never a page
DATA = "data"  # a file, or JSON

# By name: the addresses, and of a page the part that htmx asks for, by its id.
PAGES: dict[str, tuple[tuple[str, ...], str]] = {
    "dashboard": (("/", "/?sheet=All&sort=excel", "/?order={number}", "/?q=gear"), "list"),
    "order": (("/orders/{number}/",), "fields"),
    "order-parts": (("/orders/{number}/parts/",), FRAGMENT),
    "order-excel": (("/orders/{number}/excel/",), FRAGMENT),
    "order-mail": (("/orders/{number}/mail/",), FRAGMENT),
    "order-documents": (("/orders/{number}/documents/",), "documents"),
    "order-label": (("/orders/{number}/label/",), WHOLE),
    "order-new": (("/orders/new/", "/orders/new/?copy={number}"), WHOLE),
    "order-known": ((f"/orders/new/known/?part_number={PART}",), FRAGMENT),
    "document": (("/orders/{number}/documents/{document}/",), DATA),
    "bulk-results": (("/orders/bulk/kept/",), WHOLE),
    "export-csv": (("/orders/export.csv",), DATA),
    "export-xlsx": (("/orders/export.xlsx",), DATA),
    "views": (("/views/",), WHOLE),
    "feed": (("/feed/",), "feed"),
    "palette": (("/palette/", "/palette/?q=gear", "/palette/?q=G{number}"), "palette-found"),
    "inventory": (("/inventory/", "/inventory/?q=066"), "stock"),
    "inventory-item": (("/inventory/{item}/",), WHOLE),
    "shops": (("/shops/",), "shop-list"),
    "shop": (("/shops/{shop}/",), WHOLE),
    "shop-new": (("/shops/new/",), WHOLE),
    "runs": (("/runs/",), WHOLE),
    "runs-live": (("/runs/live.json",), DATA),
    "run": (("/runs/{run}/",), WHOLE),
    "attention": (("/runs/attention/",), WHOLE),
    "queue": (("/queue/", "/queue/?shop={shop}"), WHOLE),
    "queue-bell": (("/queue/bell/",), FRAGMENT),
    "queue-panel": (("/queue/panel/", "/queue/panel/?tab=history"), FRAGMENT),
    "notification": (("/queue/{entry}/",), WHOLE),
    "draft-words": (("/queue/{entry}/words/",), FRAGMENT),
    "assistant": (("/assistant/",), WHOLE),
    "assistant-panel": (("/assistant/panel/",), FRAGMENT),
    "conversation": (("/assistant/{conversation}/",), WHOLE),
    "turn": (("/assistant/turns/{turn}/",), FRAGMENT),
    "research-panel": ((f"/assistant/research/panel/?part={PART}",), FRAGMENT),
    "brief": (("/assistant/research/{brief}/",), WHOLE),
    "account_change_password": (("/accounts/password/change/",), WHOLE),
    "account_logout": (("/accounts/logout/",), WHOLE),
}
# Asked for by programs, or by who is not signed in; tests/sign_in, tests/operations and the looks of tests/e2e do.
ELSEWHERE = {
    "healthz", "readyz", "favicon", "account_login", "account_inactive", "account_signup",
    "account_reset_password", "account_set_password", "account_email", "microsoft_login", "microsoft_callback",
}  # fmt: skip
