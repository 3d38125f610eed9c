"""How pages are made of templates: one look and one set of parts for all."""

from __future__ import annotations

from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from kerasae.utils.formatting import flat, plain, seconds, spec


def render(template: str, package: str = "kerasae.report", **values: Any) -> str:
    """Return a page of a template, which may lie in another package than the parts and the style that all share.

    A file name that is not valid text cannot be written as UTF-8: its odd bytes become question marks.
    """
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("kerasae.report")]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"plain": plain, "spec": spec, "seconds": seconds, "flat": lambda tree: list(flat(tree))}
    return environment.get_template(template).render(**values).encode("utf-8", "replace").decode("utf-8")
