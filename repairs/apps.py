from django.apps import AppConfig


class RepairsConfig(AppConfig):
    name = "repairs"
    verbose_name = "Orders"

    def ready(self) -> None:
        from django.db import models
        from django.db.backends.signals import connection_created
        from django.db.models.functions import Lower

        from genthrust import doctor, retention
        from people.abilities import Ability
        from repairs import palette
        from repairs.models.searched import know_every_alphabet
        from repairs.palette import Place

        connection_created.connect(know_every_alphabet)
        for text in (models.CharField, models.TextField):
            text.register_lookup(Lower)
        palette.add_places(
            Place("Orders", "dashboard", "list dashboard figures home", keys="g o"),
            Place("Feed", "feed", "priority urgent overdue to do next", keys="g f"),
            Place("Shops", "shops", "vendors directory addresses", keys="g s"),
            Place("Inventory", "inventory", "stock parts", keys="g i"),
            Place("New order", "order-new", "create add repair", keys="n", needs=Ability.EDIT_ORDERS),
            Place("New shop", "shop-new", "create add vendor", needs=Ability.KEEP_SHOPS),
            Place("Admin", "admin:index", "back office settings", needs=Ability.OPEN_BACK_OFFICE),
            Place("Change password", "account_change_password", "account"),
        )
        doctor.add_check("documents", "repairs.doctor.documents")
        retention.add_rule("files without a document", "repairs.retention.stray_files")
        retention.add_rule("marks of orders written", "repairs.retention.writings")
        retention.add_rule("what became of acts on many orders", "repairs.retention.bulk_acts")
        palette.add_order_acts("repairs", palette.steps_of)
