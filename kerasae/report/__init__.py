"""The report of a run, and the drawing kit that every page of the package uses.

The report: `report` collects a run's files and writes report.html, `report_figures` chooses and captions its figures,
`figures/` draws them, and `templates/page.html.j2` is its page.

The drawing kit, for the pages of exploration, generation, out-of-distribution data, comparisons and searches:

- `style`: colours, markers, fonts and sizes of figures
- `tiles`: grids of images with captions
- `axes`: logarithmic axes, axes over epochs
- `kernel_histogram`: histograms of trained and initial weights
- `report_figure`: a drawn figure with its texts, and how figures are kept in a folder
- `templating`, `templates/head.html.j2`, `templates/parts.html.j2`, `templates/style.css`: the common look of pages
"""

from kerasae.report.report import write_report

__all__ = ["write_report"]
