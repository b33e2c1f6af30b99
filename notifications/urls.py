from django.urls import path

from notifications.views import entries, orders, queue

urlpatterns = [
    path("queue/", queue.queue_page, name="queue"),
    path("queue/bell/", queue.bell, name="queue-bell"),
    path("queue/panel/", queue.panel, name="queue-panel"),
    path("queue/combine/", queue.combine_drafts, name="queue-combine"),
    path("queue/approve/", queue.approve_all, name="queue-approve-all"),
    path("queue/<int:pk>/", entries.entry, name="notification"),
    path("queue/<int:pk>/edit/", entries.edit, name="notification-edit"),
    path("queue/<int:pk>/approve/", entries.approve, name="notification-approve"),
    path("queue/<int:pk>/reject/", entries.reject, name="notification-reject"),
    path("queue/<int:pk>/retry/", entries.retry, name="notification-retry"),
    path("queue/<int:pk>/withdraw/", entries.withdraw, name="notification-withdraw"),
    path("queue/<int:pk>/done/", entries.done, name="notification-done"),
    path("queue/<int:pk>/resolve/", entries.resolve, name="notification-resolve"),
    path("orders/<int:number>/mail/", orders.mail, name="order-mail"),
    path("orders/<int:number>/mail/write/", orders.write, name="order-mail-write"),
    path("orders/<int:number>/mail/refresh/", orders.refresh, name="order-mail-refresh"),
    path("orders/<int:number>/remind/", orders.remind, name="order-remind"),
    path("follow-ups/<int:pk>/forget/", orders.forget, name="follow-up-forget"),
]
