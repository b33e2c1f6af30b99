"""Pages, styles and scripts go over the wire compressed; files as they are, most of them being compressed already."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

COMPRESSED = ("text/html", "text/css", "text/javascript", "image/svg+xml")


class CompressPages(GZipMiddleware):
    """Django's own, which pads an answer by a random length, so that its size gives no secret away.

    It stands before WhiteNoise, which serves styles and scripts: those that it found compressed already stay so.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        kind = response.get("Content-Type", "").partition(";")[0]
        whole = request.method == "GET" and response.status_code == 200
        if kind not in COMPRESSED or (response.streaming and not whole):
            return response
        return super().process_response(request, response)
