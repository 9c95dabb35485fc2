"""Renders a story as one self-contained HTML file, without external scripts, fonts or pictures."""

from __future__ import annotations

from html import escape

from baubau_ops.flows.story import Step, Story

_STYLE = """
:root{color-scheme:light}
body{font:16px/1.5 system-ui,sans-serif;color:#1d2733;max-width:1160px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin-bottom:.2rem}p.when{color:#5a6b7d;margin-top:0}
section{border-left:4px solid #5c8a45;padding:.2rem 0 .2rem 1rem;margin:1.4rem 0}
section.failed{border-color:#c62828}
h2{font-size:1.1rem;margin:0}h2 small{color:#5a6b7d;font-weight:normal;float:right}
p.found{margin:.2rem 0;font-weight:600}ul{margin:.3rem 0;padding-left:1.2rem}
svg{width:100%;height:auto;border:1px solid #dde4eb;border-radius:8px;margin-top:.6rem}
@media print{section{break-inside:avoid}}
"""


def html(story: Story) -> str:
    """Render the whole story."""
    verdict = "everything was done" if story.is_done else "it did not come to its end"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(story.title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(story.title)}</h1>"
        f'<p class="when">{story.began:%Y-%m-%d %H:%M} UTC · {story.seconds:.1f} s · {verdict}</p>'
        f"{''.join(_section(step) for step in story.steps)}</body></html>\n"
    )


def _section(step: Step) -> str:
    details = "".join(f"<li>{escape(line)}</li>" for line in step.details)
    state = "done" if step.is_done else "failed"
    return (
        f'<section class="{state}">'
        f"<h2>{step.number}. {escape(step.title)} <small>{step.seconds:.1f} s</small></h2>"
        f'<p class="found">{escape(step.found)}</p>'
        f"{f'<ul>{details}</ul>' if details else ''}{step.drawing}</section>"
    )
