"""Renders pages from templates; all pages share a head, a style sheet and macros."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from kerasae.utils.formatting import duration, flat, plain, spec

if TYPE_CHECKING:
    from collections.abc import Callable


def render(template: str, package: str = "kerasae.report", **values: Any) -> str:
    """Return a rendered page.

    Characters of a file name that are not valid text cannot be encoded as UTF-8: they become question marks.

    Args:
        template: the file name of the template.
        package: the package whose `templates` folder is searched first; the shared templates are found in
            `kerasae.report`.
        **values: the variables of the template; an undefined one is an error.
    """
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("kerasae.report")]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    filters: dict[str, Callable[..., Any]] = {
        "plain": plain,
        "spec": spec,
        "duration": duration,
        "flat": lambda tree: list(flat(tree)),
    }
    environment.filters |= filters
    return environment.get_template(template).render(**values).encode("utf-8", "replace").decode("utf-8")
