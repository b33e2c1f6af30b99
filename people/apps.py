from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "people"
    verbose_name = "People"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from genthrust import doctor, retention
        from people import listening

        listening.listen()
        doctor.add_check("sign-in", "people.doctor.sign_in")
        retention.add_rule("old records of sign-ins and accounts", "people.retention.account_events")
        retention.add_rule("sessions that have run out", "people.retention.sessions")
