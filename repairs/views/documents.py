"""The documents of an order: the list, the upload, the file itself, remove and undo."""

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from genthrust import uploads as uploading
from repairs import documents
from repairs.errors import Refusal
from repairs.models import Document, RepairOrder
from repairs.templatetags.documents import shown
from repairs.views.fragments import answer, wants_fragment

if TYPE_CHECKING:
    from django.contrib.auth.models import User

FRAGMENT, PAGE = "repairs/_documents.html", "repairs/documents.html"


@require_http_methods(["GET", "HEAD", "POST"])
def order_documents(request: HttpRequest, number: int) -> HttpResponse:
    """The list; POST adds files to it, each for itself: 422 when some were refused, the others are kept."""
    order = get_object_or_404(RepairOrder, number=number)
    if request.method != "POST":
        return answered(request, order)
    uploads = cast("list[UploadedFile[Any]]", request.FILES.getlist("files"))
    faults = [told] if (told := uploading.trouble(request)) else [] if uploads else ["Please choose a file."]
    for upload in uploads:
        try:
            documents.add(order, by=_person(request), upload=upload, kind=request.POST.get("kind", "other"))
        except Refusal as refusal:
            faults.append(str(refusal))
    if faults:
        return answered(request, order, faults=faults, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return answered(request, order) if wants_fragment(request) else redirect(order)


@require_GET
def document_file(request: HttpRequest, number: int, pk: int) -> FileResponse:
    """The file. What a browser can only show opens in it, everything else is downloaded."""
    document = document_of(number, pk)
    try:
        content = document.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    sent = FileResponse(content, as_attachment=not document.shown_inside, filename=document.name)
    sent["X-Content-Type-Options"] = "nosniff"
    sent["Cache-Control"] = "no-store"
    return sent


@require_POST
def remove_document(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    document = document_of(number, pk)
    return _try(request, document, documents.remove, removed=document)


@require_POST
def restore_document(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    return _try(request, document_of(number, pk), documents.restore)


def _try(
    request: HttpRequest, document: Document, verb: Callable[..., None], *, removed: Document | None = None
) -> HttpResponse:
    """Shows the list after an act on a document: 409 with the reason when it has been purged meanwhile."""
    try:
        verb(document, by=_person(request))
    except Refusal as refusal:
        return answered(request, document.order, faults=[refusal.sentence], status=HTTPStatus.CONFLICT)
    if not wants_fragment(request):
        return redirect("order-documents", document.order.number)
    return answered(request, document.order, removed=removed)


def answered(request: HttpRequest, order: RepairOrder, *, status: int = 200, **more: Any) -> HttpResponse:
    """The list of an order's documents, as a part of a page or as one of its own."""
    return answer(request, page=PAGE, fragment=FRAGMENT, context=shown(order) | more, status=status)


def document_of(number: int, pk: int) -> Document:
    """A document of that order, removed or not; 404 otherwise."""
    return get_object_or_404(Document.objects.select_related("order"), pk=pk, order__number=number)


def _person(request: HttpRequest) -> "User":
    return cast("User", request.user)
