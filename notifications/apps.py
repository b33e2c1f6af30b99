from django.apps import AppConfig

from sync import work
from sync.work import Kind

OUTLOOKS = "notifications.setback.mend"  # which knows how long Outlook asked to be left alone
ON_ITS_PAGE = "Please go to the mail's page in the queue."
KINDS = (
    Kind(
        "mail",
        label="Mail to a shop",
        done="The mail is taken care of",
        work="notifications.sending.work",
        order="notifications.deliveries.order_of",
        again=ON_ITS_PAGE,
        stop=ON_ITS_PAGE,
        mended=OUTLOOKS,
    ),
    Kind(
        "conversation",
        label="Looking for replies",
        done="Looked for replies",
        work="notifications.conversations.work",
        mended=OUTLOOKS,
    ),
    Kind(
        "daily",
        label="The daily check",
        done="Overdue orders were looked at",
        work="notifications.daily.work",
    ),
    Kind(
        "outlook",
        label="Calendar and To Do",
        done="Calendars and To Do lists are up to date",
        work="notifications.outlook_work.work",
        stop="This brings follow-ups into people's Outlook. Whatever is left begins anew by itself.",
        mended=OUTLOOKS,
    ),
)


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = "Follow-ups and mail"

    def ready(self) -> None:
        from genthrust import doctor
        from notifications import listening, moving_on
        from notifications.palette import mail_acts
        from repairs import palette
        from repairs.palette import Place

        palette.add_places(
            Place("Queue", "queue", "drafts reminders mails emails approve notifications", keys="g q")
        )
        palette.add_order_acts("mail", mail_acts)
        listening.listen()
        moving_on.listen()
        for kind in KINDS:
            work.add_kind(kind)
        doctor.add_check("mailbox", "notifications.doctor.mailbox")
        doctor.add_check("calendar and To Do", "notifications.doctor.calendars")
        work.add_gauges("notifications.metrics.read")
        for starter in ("followups.fire_due", "deliveries.start_due", "outlook_items.start_due"):
            work.add_starter(f"notifications.{starter}")
        for clock in ("setback.mend", "daily.keep_time", "conversations.keep_time"):
            work.add_clock(f"notifications.{clock}")
