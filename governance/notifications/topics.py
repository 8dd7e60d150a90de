"""What people are told about: each topic with its default and, where nobody may unsubscribe, with the reason."""

from dataclasses import dataclass

from governance.notifications.models import How


@dataclass(frozen=True)
class Topic:
    """A topic; `mandatory` is the reason why it cannot be unsubscribed, or empty."""

    id: str
    title: str
    about: str
    default: How
    mandatory: str = ""


DIGEST = "digest"
TEST = "test"

TOPICS: dict[str, Topic] = {
    topic.id: topic
    for topic in (
        Topic(
            "signature",
            "Signatures wanted of you",
            "A record waits until somebody in your position signs it.",
            How.AT_ONCE,
            "A record that waits for a signature stands still, and nobody else may sign in your place (ISO/IEC 42001, 5.3).",
        ),
        Topic(
            "escalation",
            "Escalations",
            "Something is overdue and those who should do it were reminded in vain.",
            How.AT_ONCE,
            "Somebody with authority has to know what is overdue; otherwise the management system would not notice (9.1, 10.2).",
        ),
        Topic(
            "audit",
            "Audits you lead",
            "Reminders before an audit is due, on the day, and a week after.",
            How.AT_ONCE,
        ),
        Topic(
            "action",
            "Corrective actions of yours",
            "Reminders before an action is due, on the day, and a week after.",
            How.AT_ONCE,
        ),
        Topic(
            "assigned",
            "Work given to you",
            "Somebody let you lead an audit or take part in one, or made you the owner or verifier of a corrective action.",
            How.DIGEST,
        ),
        Topic(
            "checkpoint",
            "Signed tree heads of the audit trail",
            "Each checkpoint as text, to be kept outside the registry: with one, also a trail that was rewritten as a whole is found out. While this is off, your list leaves them out.",
            How.OFF,
        ),
        Topic("finding", "Findings on your systems", "An audit or a check found something.", How.DIGEST),
    )
}


def mandatory(topic: str) -> bool:
    """Whether nobody may unsubscribe. What is no topic of people, such as the digest itself, is not."""
    return topic in TOPICS and bool(TOPICS[topic].mandatory)


def title(topic: str) -> str:
    """The topic as people read it."""
    if topic in TOPICS:
        return TOPICS[topic].title
    return {DIGEST: "Digest", TEST: "Test"}.get(topic, topic)
