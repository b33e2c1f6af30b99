"""The first words for every occasion; the office edits them afterwards."""

from typing import Any

from django.db import migrations

SUBJECT = "Status Update for RO #{{ ro }}"
COMBINED_SUBJECT = "{% if many %}Multiple Orders ({{ shop }}){% else %}Status Update for RO {{ numbers }}{% endif %}"
GREETING = "Hello{% if contact %} {{ contact }}{% endif %},"
PART = """RO: {{ ro }}
Part number: {{ part }}{% if serial %}
Serial number: {{ serial }}{% endif %}{% if description %}
Description: {{ description }}{% endif %}{% if work %}
Work requested: {{ work }}{% endif %}{% if shop_reference %}
Your reference: {{ shop_reference }}{% endif %}"""
CLOSING = """Thank you,
{{ company }}"""


def mail(*paragraphs: str) -> str:
    return "\n\n".join((GREETING, *paragraphs, CLOSING))


QUOTE = mail(
    "We are waiting for your quote on the part below{% if status_day %}, which has been with you for quoting since {{ status_day }}{% endif %}.",
    PART,
    "Could you tell us when we can expect it? If anything keeps you from quoting, please let us know what you need from us.",
)
APPROVED = mail(
    "We approved the repair of the part below{% if status_day %} on {{ status_day }}{% endif %} and would like to know how far it is.",
    PART,
    "Has the work begun, and {% if promised %}is {{ promised }} still the day on which we can expect it{% else %}when can we expect it to be finished{% endif %}?",
)
IN_WORK = mail(
    "Could you send us a short update on the repair of the part below?",
    PART,
    "{% if promised %}We have {{ promised }} as its delivery date. Is that still right{% else %}When do you expect it to be finished{% endif %}? If something holds it up, please let us know.",
)
SHIPPED = mail(
    "Our records say that the part below is on its way back to us{% if status_day %} since {{ status_day }}{% endif %}, and it has not arrived here yet.",
    PART,
    "{% if tracking %}The tracking number we have is {{ tracking }}. Could you check where it is{% else %}Could you send us the carrier and the tracking number{% endif %}?",
)
OTHER = mail(
    "Could you send us a short update on the part below? Its status with us is {{ status }}{% if status_day %} since {{ status_day }}{% endif %}.",
    PART,
)
COMBINED = mail(
    "Could you send us a short update on each of the orders below?",
    "[orders]",
    "An answer beside each line is all we need. If something holds one of them up, please let us know.",
)
TO_SEND = (
    "Send {{ number }} to {% if shop %}{{ shop }}{% else %}its shop{% endif %}",
    "{{ number }} ({{ part }}{% if serial %}, serial {{ serial }}{% endif %}) has been waiting to be sent{% if status_day %} since {{ status_day }}{% endif %}. Please send it, or set its next update to a later day.",
)
RECEIVED = (
    "Finish {{ number }}, which has come back",
    "{{ number }} ({{ part }}{% if serial %}, serial {{ serial }}{% endif %}) has come back from {% if shop %}{{ shop }}{% else %}its shop{% endif %}{% if status_day %}: received {{ status_day }}{% endif %}. Please check the paperwork and the final cost, and set it to COMPLETE.",
)
PAYMENT = (
    "Pay {% if shop %}{{ shop }}{% else %}the shop{% endif %} for {{ number }}",
    "The payment for {{ number }} ({{ part }}) is due by its terms{% if terms %} ({{ terms }}){% endif %}. Please pay it, and set it to PAID.",
)

# Key, enabled, subject, body; in the order of lists.
TEMPLATES = (
    ("TO SEND", True, *TO_SEND),
    ("WAITING QUOTE", True, SUBJECT, QUOTE),
    ("APPROVED", True, SUBJECT, APPROVED),
    ("IN WORK", True, SUBJECT, IN_WORK),
    ("SHIPPED", True, SUBJECT, SHIPPED),
    ("RECEIVED", True, *RECEIVED),
    ("COMPLETE", False, SUBJECT, OTHER),
    ("PAID", False, SUBJECT, OTHER),
    ("BER", False, SUBJECT, OTHER),
    ("RAI", False, SUBJECT, OTHER),
    ("CANCELLED", False, SUBJECT, OTHER),
    ("SCRAP", False, SUBJECT, OTHER),
    ("PAYMENT", True, *PAYMENT),
    ("COMBINED", True, COMBINED_SUBJECT, COMBINED),
)


def write_templates(apps: Any, schema_editor: Any) -> None:
    template_model = apps.get_model("notifications", "MailTemplate")
    for position, (key, enabled, subject, body) in enumerate(TEMPLATES):
        template_model.objects.get_or_create(
            key=key, defaults={"position": position, "enabled": enabled, "subject": subject, "body": body}
        )


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]
    operations = [migrations.RunPython(write_templates, migrations.RunPython.noop)]
