from django.apps import AppConfig

from ai.lane import LANE, THE_LANE
from sync import work
from sync.work import Kind

KINDS = (
    Kind(
        "draft",
        label="Words for a draft",
        done="The draft is looked after",
        work="ai.drafting.work",
        again="Please ask for other words on the draft's page.",
        lane=LANE,
        told="ai.telling.draft_run_changed",
    ),
    Kind(
        "research",
        label="Research on a part",
        done="The research is done",
        work="ai.research.work",
        again="Please start it again on the assistant's page.",
        lane=LANE,
    ),
    Kind(
        "turn",
        label="An answer of the assistant",
        done="The assistant has answered",
        work="ai.turns.work",
        again="Please ask again in the conversation.",
        stop="Please stop it in the conversation.",
        lane=LANE,
        told="ai.telling.turn_run_changed",
    ),
)


class AiConfig(AppConfig):
    name = "ai"
    verbose_name = "Assistant"

    def ready(self) -> None:
        from ai import drafting
        from ai.palette import research_acts
        from genthrust import doctor, retention
        from notifications.signals import draft_made
        from repairs import palette

        work.add_lane(THE_LANE)
        for kind in KINDS:
            work.add_kind(kind)
        doctor.add_check("model", "ai.doctor.model")
        retention.add_rule("requests to the model", "ai.retention.uses")
        retention.add_rule("wishes for other words", "ai.retention.wishes")
        palette.add_order_acts("research", research_acts)
        draft_made.connect(drafting.on_draft_made, dispatch_uid="ai.drafting")
