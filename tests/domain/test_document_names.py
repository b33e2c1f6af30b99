"""Names of documents are made safe for file systems, SharePoint and addresses; property and examples."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repairs.document_files import LONGEST_NAME, UNFIT, numbered, safe_name


@pytest.mark.parametrize(
    ("given_name", "safe"),
    [
        ("Quote 17.pdf", "Quote 17.pdf"),
        ("../../etc/passwd", "passwd"),
        (r"C:\scans\Form 1.pdf", "Form 1.pdf"),
        ('a"b*c:d<e>f?g|h#i%j.pdf', "a b c d e f g h i j.pdf"),
        ("  ~$lock .pdf ", "$lock.pdf"),
        ("CON.pdf", "document CON.pdf"),
        (".pdf", "pdf"),
        ("", "document"),
        ("line\nbreak\u202egnp.pdf", "line break gnp.pdf"),
        ("Año.pdf", "Año.pdf"),
        ("Quote _vti_ 17.pdf", "Quote 17.pdf"),
        ("scan_VTI_cnf.pdf", "scan cnf.pdf"),
        ("_v_vti_ti_.pdf", "_v ti_.pdf"),
        ("_vti_", "document"),
    ],
)
def test_examples(given_name: str, safe: str) -> None:
    assert safe_name(given_name) == safe


@given(st.text(max_size=300) | st.text(alphabet="_vVtTiI.", max_size=20))
def test_every_name_is_made_safe(anything: str) -> None:
    name = safe_name(anything)
    assert 0 < len(name) <= LONGEST_NAME + 10
    assert name == name.strip()
    assert not re.search(UNFIT, name)
    assert name not in (".", "..")
    assert "_vti_" not in name.lower()


def test_a_number_stands_before_the_ending() -> None:
    assert [numbered("a.b.pdf", number) for number in (1, 2)] == ["a.b.pdf", "a.b (2).pdf"]
