from django.urls import path

from sync import views

urlpatterns = [
    path("runs/", views.run_list, name="runs"),
    path("runs/live.json", views.live, name="runs-live"),
    path("runs/compare/", views.compare, name="compare"),
    path("runs/attention/", views.attention_page, name="attention"),
    path("runs/attention/<slug:act>/", views.decide, name="attention-decide"),
    path("runs/<int:pk>/", views.run_page, name="run"),
    path("runs/<int:pk>/retry/", views.retry, name="run-retry"),
    path("runs/<int:pk>/cancel/", views.cancel, name="run-cancel"),
    path("orders/<int:number>/documents/<int:pk>/carry/", views.carry_document, name="document-carry"),
    path("orders/<int:number>/excel/", views.order_excel, name="order-excel"),
]
