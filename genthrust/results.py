"""The one shape of JSON answers: {"success": true, "data": …} or {"success": false, "error": "a sentence"}."""

from typing import Any

from django.http import JsonResponse


def success(data: Any = None, *, status: int = 200) -> JsonResponse:
    return JsonResponse({"success": True, "data": data}, status=status)


def failure(sentence: str, *, status: int, **more: Any) -> JsonResponse:
    """`more` stands beside the sentence, for what a page needs to show the refusal well."""
    return JsonResponse({"success": False, "error": sentence, **more}, status=status)
