"""The workbook is configured by its SharePoint site: whose drive it is in is asked for once, by the same rules."""

from collections.abc import Iterator

import pytest
from django.test import override_settings

from sync.models import Run
from tests.flush.house import House

pytestmark = pytest.mark.django_db(transaction=True)

LOOKING = {"path_regex": "/sites/"}
SITE = "contoso.sharepoint.com,1,2"


@pytest.fixture
def by_site(house: House) -> Iterator[House]:
    with override_settings(GRAPH_DRIVE_ID="", SHAREPOINT_SITE_ID=SITE):
        house.forget()
        yield house


def asked(house: House) -> list[str]:
    return [entry["path"] for entry in house.log() if "/sites/" in entry["path"]]


def test_the_drive_is_asked_for_once_and_kept(by_site: House) -> None:
    by_site.edit(38005, notes="in the drive of a site")
    report = by_site.drain()
    assert (report["pending"], report["needs_attention"]) == (0, [])
    assert report["http_requests"] == by_site.stats()["http_requests"]
    by_site.edit(38005, notes="and again")
    by_site.drain()
    assert by_site.cell(38005, "notes") == "and again"
    assert asked(by_site) == [f"/v1.0/sites/{SITE}/drive?$select=id"]

    with override_settings(SHAREPOINT_SITE_ID="another"):
        by_site.edit(38005, notes="of another site")
        by_site.drain()
    assert len(asked(by_site)) == 2


def test_a_retry_after_of_the_question_is_waited_for(by_site: House) -> None:
    by_site.edit(38005, notes="after a wait")
    by_site.fault("status", match=LOOKING, status=429, retry_after=1)
    report = by_site.drain()
    assert (report["pending"], report["needs_attention"]) == (0, [])
    assert len(asked(by_site)) == 2
    by_site.assert_well_behaved()


def test_without_the_file_s_id_nothing_is_asked(house: House) -> None:
    with override_settings(EXCEL_WORKBOOK_ID=""):
        house.edit(38005, notes="into which file?")
        house.forget()
        report = house.drain()
    sentence = "EXCEL_WORKBOOK_ID must say which file the workbook is."
    assert report["needs_attention"] == [{"order": None, "code": "workbook", "reason": sentence}]
    assert house.log() == []


def test_a_site_that_is_not_there_is_told_to_a_person(by_site: House) -> None:
    by_site.edit(38005, notes="nowhere")
    by_site.fault("status", match=LOOKING, status=404, code="itemNotFound")
    report = by_site.drain()
    assert report["pending"] == 1
    sentence = "Microsoft 365 does not know the site; please check SHAREPOINT_SITE_ID."
    assert report["needs_attention"] == [{"order": None, "code": "workbook", "reason": sentence}]
    assert Run.objects.latest("pk").error == sentence


def test_neither_drive_nor_site_is_told_to_a_person(by_site: House) -> None:
    with override_settings(SHAREPOINT_SITE_ID=""):
        by_site.edit(38005, notes="nowhere")
        report = by_site.drain()
    assert "GRAPH_DRIVE_ID" in report["needs_attention"][0]["reason"]
    assert by_site.log() == []
