"""Everything is behind the sign-in, except the sign-in."""

from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from genthrust.accounts import DEMO, create_demo_account
from repairs.models import RepairOrder
from sync.marks import the_workbook
from sync.models import Run
from sync.runs import start

READ = (
    "/",
    "/?q=pump",
    "/orders/new/",
    "/orders/{number}/",
    "/orders/{number}/excel/",
    "/runs/",
    "/runs/{run}/",
    "/runs/live.json",
    "/runs/attention/",
)
WRITE = (
    "/orders/new/",
    "/orders/{number}/",
    "/orders/{number}/status/",
    "/orders/{number}/note/",
    "/orders/{number}/sheet/",
    "/runs/compare/",
    "/runs/{run}/retry/",
    "/runs/{run}/cancel/",
    "/runs/attention/leave_out/",
)
ONLY_WRITE = tuple(url for url in WRITE if url not in READ)


@pytest.fixture
def run(order: RepairOrder) -> Run:
    return start(kind=Run.Kind.FLUSH, workbook=the_workbook(), started_by="a change")


def address(url: str, order: RepairOrder, run: Run) -> str:
    return url.format(number=order.number, run=run.pk)


@pytest.mark.parametrize("url", READ)
def test_a_stranger_is_sent_to_the_sign_in(client: Client, order: RepairOrder, run: Run, url: str) -> None:
    answer = client.get(address(url, order, run))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=/")


@pytest.mark.parametrize("url", WRITE)
def test_a_stranger_changes_nothing(client: Client, order: RepairOrder, run: Run, url: str) -> None:
    answer = client.post(address(url, order, run), {"text": "x", "status": "SHIPPED", "sheet": "Paid"})
    assert answer.status_code == 401
    order.refresh_from_db()
    run.refresh_from_db()
    assert (order.version, run.state) == (1, Run.State.QUEUED)


@pytest.mark.parametrize("url", ["/orders/{number}/", "/orders/new/", "/admin/repairs/repairorder/add/"])
def test_what_was_typed_is_kept_for_after_the_sign_in(client: Client, order: RepairOrder, url: str) -> None:
    typed = {"notes": 'two\nlines & "quotes"', "clash": ["terms", "notes"], "csrfmiddlewaretoken": "old"}
    url, sent = url.format(number=order.number), urlencode(typed, doseq=True)
    answer = client.post(url, sent, content_type="application/x-www-form-urlencoded")
    form = answer.content.decode()
    assert answer.status_code == 401
    assert f'<form method="post" action="{url}">' in form
    assert 'name="notes" value="two\nlines &amp; &quot;quotes&quot;"' in form
    assert [f'name="clash" value="{name}"' in form for name in ("terms", "notes")] == [True, True]
    assert 'value="old"' not in form
    assert "no-store" in answer["Cache-Control"]


def test_a_password_is_not_kept(client: Client) -> None:
    url, typed = (
        "/admin/auth/user/add/",
        {"username": "tina", "password1": "word-7f3a", "Password2": "word-7f3a"},
    )
    answer = client.post(url, urlencode(typed), content_type="application/x-www-form-urlencoded")
    form = answer.content.decode()
    assert ('name="username" value="tina"' in form, "word-7f3a" in form) == (True, False)
    assert "A password is not kept" in form
    alone = client.post(url, "oldpassword=word-7f3a", content_type="application/x-www-form-urlencoded")
    assert (alone.status_code, "word-7f3a" in alone["Location"]) == (302, False)


def test_files_of_a_stranger_are_not_taken_apart(client: Client, order: RepairOrder) -> None:
    sent = {"kind": "quote", "files": SimpleUploadedFile("quote.pdf", b"%PDF-1.7")}
    url = f"/orders/{order.number}/documents/"
    answer = client.post(url, sent)
    assert (answer.status_code, "Your files were not taken" in answer.content.decode()) == (401, True)
    assert not hasattr(answer.wsgi_request, "_files")
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(url, sent).status_code == 401
    assert strict.post("/accounts/login/", sent).status_code == 403, "where anybody may write, Django decides"


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_page_that_is_open_is_told_and_left_as_it_is(
    client: Client, order: RepairOrder, method: str
) -> None:
    answer = getattr(client, method)(
        f"/orders/{order.number}/", {"notes": "x"}, headers={"HX-Request": "true"}
    )
    assert (answer.status_code, answer.content) == (401, b"You are signed out.")


@pytest.mark.parametrize("url", READ)
def test_the_office_reads_every_page(site: Client, order: RepairOrder, run: Run, url: str) -> None:
    assert site.get(address(url, order, run)).status_code == 200


@pytest.mark.parametrize("url", ONLY_WRITE)
def test_what_changes_something_is_not_done_by_a_link(
    site: Client, order: RepairOrder, run: Run, url: str
) -> None:
    assert site.get(address(url, order, run)).status_code == 405


def test_a_form_from_elsewhere_is_refused(clerk: User, order: RepairOrder) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(clerk)
    answer = strict.post(f"/orders/{order.number}/note/", {"text": "x"})
    assert answer.status_code == 403
    assert "nothing was saved" in answer.content.decode()


def test_the_right_password_opens_the_orders(client: Client, clerk: User) -> None:
    answer = client.post("/accounts/login/", {"login": "tom", "password": "a long password"})
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_a_wrong_password_is_told(client: Client, clerk: User) -> None:
    answer = client.post("/accounts/login/", {"login": "tom", "password": "wrong"})
    assert "not correct" in answer.content.decode()


def test_who_guesses_passwords_is_told_to_wait(client: Client, clerk: User) -> None:
    cache.clear()
    tries = [client.post("/accounts/login/", {"login": f"guess{n}", "password": "x"}) for n in range(40)]
    cache.clear()
    assert tries[-1].status_code == 429
    assert 'class="door"' in tries[-1].content.decode()


def test_the_page_that_was_asked_for_is_opened(client: Client, clerk: User) -> None:
    shown = client.get("/accounts/login/?next=/runs/").content.decode()
    assert 'name="next" value="/runs/"' in shown
    answer = client.post(
        "/accounts/login/", {"login": "tom", "password": "a long password", "next": "/runs/"}
    )
    assert answer["Location"] == "/runs/"


def test_signing_out(site: Client) -> None:
    site.post("/accounts/logout/")
    assert site.get("/").status_code == 302


def test_changing_the_password(site: Client, clerk: User) -> None:
    url = "/accounts/password/change/"
    assert 'class="door"' in site.get(url).content.decode()
    typed = {"oldpassword": "a long password", "password1": "short", "password2": "short"}
    assert "too short" in site.post(url, typed).content.decode()
    typed |= {"password1": "one that is longer", "password2": "one that is longer"}
    assert (
        "Please type your current password" in site.post(url, typed | {"oldpassword": "x"}).content.decode()
    )
    answer = site.post(url, typed)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    clerk.refresh_from_db()
    assert clerk.check_password("one that is longer")
    assert site.get("/").status_code == 200


def test_an_account_that_is_switched_off_is_told_so(client: Client, clerk: User) -> None:
    User.objects.update(is_active=False)
    typed = {"login": "tom", "password": "a long password"}
    answer = client.post("/accounts/login/", typed, follow=True).content.decode()
    assert "This account is switched off" in answer
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("signed_in", [True, False])
@pytest.mark.parametrize(
    "page",
    [
        "email/",
        "password/reset/",
        "password/reset/done/",
        "password/set/",
        "reauthenticate/",
        "confirm-email/",
        "signup/",
    ],
)
def test_a_page_that_there_is_no_use_for_is_not_there(
    client: Client, clerk: User, page: str, signed_in: bool
) -> None:
    if signed_in:
        client.force_login(clerk)
    answer = client.get(f"/accounts/{page}")
    assert answer.status_code == 404
    assert 'class="door"' in answer.content.decode()


def test_the_icon_is_everybodys(client: Client) -> None:
    assert client.get("/favicon.ico", follow=True).request["PATH_INFO"] == "/static/favicon.svg"


def test_nobody_signs_up(client: Client, db: None) -> None:
    typed = {"username": "eve", "password1": "a long password", "password2": "a long password"}
    assert client.post("/accounts/signup/", typed).status_code == 404
    assert not User.objects.filter(username="eve").exists()


def test_a_demo_tells_its_account(client: Client, db: None) -> None:
    assert create_demo_account()
    assert DEMO.password in client.get("/accounts/login/").content.decode()
    assert client.login(username=DEMO.username, password=DEMO.password)


def test_a_demo_account_is_made_only_while_there_is_none(clerk: User) -> None:
    assert not create_demo_account()


def test_a_real_installation_has_no_demo_account(client: Client, db: None, settings: object) -> None:
    create_demo_account()
    settings.GRAPH_EMULATED = False  # type: ignore[attr-defined]  # pytest-django's settings take any name
    assert DEMO.password not in client.get("/accounts/login/").content.decode()
    User.objects.all().delete()
    assert not create_demo_account()


def test_a_page_that_is_not_there(site: Client) -> None:
    answer = site.get("/orders/99999999999999999999999/")
    assert answer.status_code == 404
    assert "nothing at this address" in answer.content.decode()
