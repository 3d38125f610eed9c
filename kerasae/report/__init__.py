"""The report of a run: figures and one page that holds everything."""

from kerasae.report.page import write_report

__all__ = ["write_report"]
