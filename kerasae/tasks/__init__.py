"""Tasks: everything that differs between the kinds of models, a file for each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kerasae.tasks.adversarial import AdversarialTask
from kerasae.tasks.base import Task
from kerasae.tasks.joint import JointTask

if TYPE_CHECKING:
    from kerasae.recipe import Recipe

__all__ = ["AdversarialTask", "JointTask", "Task", "task_of"]


def task_of(recipe: Recipe) -> Task[Any]:
    """Return the task of a recipe."""
    return JointTask() if recipe.model.adversarial is None else AdversarialTask()
