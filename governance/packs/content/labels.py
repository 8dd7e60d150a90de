"""Words of the pack for values of the register: labels, not codes."""

from governance.core.canonical import plain

_WORDS = {
    "high_risk_annex_iii": "High-risk (Annex III)",
    "high_risk_annex_i_a": "High-risk (Annex I, section A)",
    "high_risk_annex_i_b": "High-risk (Annex I, section B)",
    "not_high_risk_by_filter": "Not high-risk by filter",
    "design_development": "design and development",
    "verification_validation": "verification and validation",
    "operation_monitoring": "operation and monitoring",
    "in_the_loop": "Human in the loop",
    "on_the_loop": "Human on the loop",
    "over_the_loop": "Human over the loop",
}


def say(value: object) -> str:
    """An enumeration's value or code as a reader should see it; nothing as an empty text."""
    text = str(plain(value) or "")
    return _WORDS.get(text, text.replace("_", " "))
