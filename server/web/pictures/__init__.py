"""The pictures of the workbench: functions from an answer of a tool to inline SVG, as text.

    timeline(record, result, allowed_windows(protocol_excerpt))
    shap_chart(result), cohort_chart(result)
    waterfall(list(outcome.reward_breakdown.items()), outcome.return_)
    confusion_chart(counts(outcome))

Each is as wide as where it stands, up to a width at which its words are of the size of the page's. Its colours are
variables of the page's style (`svg.py` has their names) with fallbacks that can be seen on light and on dark; nothing
is told by colour alone. A title and a description say in words what it shows. All that an episode says is escaped.

Give `key` where one page shows two pictures of the same thing, such as two replays side by side: it keeps their ids
apart.
"""

from synth_audit_env.server.web.pictures.cohort import cohort_chart
from synth_audit_env.server.web.pictures.confusion import confusion_chart, counts
from synth_audit_env.server.web.pictures.shap import shap_chart
from synth_audit_env.server.web.pictures.timeline import timeline
from synth_audit_env.server.web.pictures.waterfall import waterfall
from synth_audit_env.server.web.pictures.windows import Window, allowed_windows

__all__ = [
    "Window",
    "allowed_windows",
    "cohort_chart",
    "confusion_chart",
    "counts",
    "shap_chart",
    "timeline",
    "waterfall",
]
