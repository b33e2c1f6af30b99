from django.urls import path

from ai.views import assistant, drafts, research

urlpatterns = [
    path("queue/<int:pk>/words/", drafts.words, name="draft-words"),
    path("assistant/", assistant.page, name="assistant"),
    path("assistant/panel/", assistant.panel, name="assistant-panel"),
    path("assistant/ask/", assistant.ask, name="assistant-ask"),
    path("assistant/research/", research.begin, name="research"),
    path("assistant/research/panel/", research.panel, name="research-panel"),
    path("assistant/research/<int:pk>/", research.brief, name="brief"),
    path("assistant/research/<int:pk>/save/", research.save, name="brief-save"),
    path("assistant/<int:pk>/", assistant.page, name="conversation"),
    path("assistant/<int:pk>/delete/", assistant.delete, name="conversation-delete"),
    path("assistant/turns/<int:pk>/", assistant.turn, name="turn"),
    path("assistant/turns/<int:pk>/stop/", assistant.stop, name="turn-stop"),
    path("assistant/proposals/<int:pk>/confirm/", assistant.confirm, name="proposal-confirm"),
    path("assistant/proposals/<int:pk>/discard/", assistant.discard, name="proposal-discard"),
]
