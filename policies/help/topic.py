"""One topic of the help panel: the heading it explains, a few paragraphs, and where AWS says more."""

from __future__ import annotations

from dataclasses import dataclass

from policies.help.pages import PAGES, Page


@dataclass(frozen=True)
class Topic:
    """`slug` stands in its URL; `title` repeats the heading, `paragraphs` and it are English words of the catalogue;
    `links` are names of `pages.PAGES`, one to three.
    """

    slug: str
    title: str
    paragraphs: tuple[str, ...]
    links: tuple[str, ...]

    @property
    def pages(self) -> tuple[Page, ...]:
        """The pages of AWS's documentation."""
        return tuple(PAGES[name] for name in self.links)
